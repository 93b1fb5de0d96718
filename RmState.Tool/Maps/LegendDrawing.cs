using Rm.Tool.Replay;

namespace Rm.Tool.Maps;

/// <summary>What the map's colours mean, with each one's blocks and bytes.</summary>
internal sealed class LegendDrawing
{
    private const int Columns = 3;
    private const double RowHeight = 17;
    private const double Swatch = 12;

    private readonly SizeGroupUse[] _groups;

    public LegendDrawing(HeapSnapshot snapshot)
    {
        _groups = SizeGroupUse.Of(snapshot.Ranges);
    }

    public double Height => (Rows + 2) * RowHeight;

    private int Rows => (_groups.Length + Columns - 1) / Columns;

    public void Draw(SvgWriter svg, double x, double y, double width)
    {
        double column = width / Columns;
        svg.BeginGroup("legend");
        for (int i = 0; i < _groups.Length; i++)
        {
            (SizeGroup group, long blocks, long asked, long committed) = _groups[i];
            double left = x + (i / Rows * column);
            double top = y + (i % Rows * RowHeight);
            svg.Rectangle(left, top, Swatch, Swatch, $"{group.Colour}");
            svg.Label(left + Swatch + 6, top + 10, group.Name, size: 11);
            svg.Label(
                left + 112,
                top + 10,
                $"{ByteText.Count(blocks)} blocks, {ByteText.Of(asked)} of {ByteText.Of(committed)} used ({ByteText.Share(asked, committed)})",
                size: 11,
                fill: "#555");
        }

        DrawShades(svg, x, y + (Rows * RowHeight) + 8, column);
        svg.End();
    }

    private static void DrawShades(SvgWriter svg, double x, double y, double column)
    {
        string[] shares = ["nothing", "to 25 %", "to 50 %", "to 75 %", "to 100 %"];
        const double step = 66;
        Colour sample = SizeGroup.Of(1 << 10).Colour;
        svg.Label(x, y + 10, "of a page in use:", size: 11);
        for (int i = 0; i < shares.Length; i++)
        {
            double left = x + 112 + (i * (Swatch + step));
            svg.Rectangle(left, y, Swatch, Swatch, $"{sample.Thinned(MapDrawing.Depths[i])}", "#bbb");
            svg.Label(left + Swatch + 5, y + 10, shares[i], size: 11);
        }

        double right = x + (2 * column);
        svg.Rectangle(right, y, Swatch, Swatch, $"{SizeGroup.Spare}");
        svg.Label(right + Swatch + 6, y + 10, "spare", size: 11);
        svg.Rectangle(right + 112, y, Swatch, Swatch, $"url(#{MapDrawing.Hatching})", "#bbb");
        svg.Label(right + 112 + Swatch + 6, y + 10, "no memory: never used, or given back", size: 11);
    }
}
