using Rm.Tool.Replay;

namespace Rm.Tool.Maps;

/// <summary>The heap's memory, page by page: the colour says how large the blocks are, its depth how much of the page they use.</summary>
internal sealed class MapDrawing(HeapSnapshot snapshot)
{
    public const string NoMemory = "#c8c8c8";
    public const string Hatching = "no-memory";

    /// <summary>Depths of a colour: nothing in use, and up to a quarter, half, three quarters, all.</summary>
    public static readonly IReadOnlyList<double> Depths = [0.13, 0.38, 0.58, 0.78, 1];

    private const double LabelWidth = 112;
    private const double RowHeight = 13;
    private const double RowGap = 2;

    private readonly MapLayout _layout = new(snapshot.Ranges);

    public double Height => _layout.Rows * (RowHeight + RowGap);

    public string Scale => $"a row is {ByteText.Of(_layout.RowBytes)} of address space, the finest step "
        + $"{ByteText.Of((long)_layout.PagesPerCell * HeapSnapshot.PageBytes)}";

    public void Draw(SvgWriter svg, double x, double y, double width)
    {
        double left = x + LabelWidth;
        double scale = width - LabelWidth;
        svg.BeginGroup("rows");
        foreach (((string label, double part), int row) in _layout.Labels().Select((label, row) => (label, row)))
        {
            double top = TopOf(y, row);
            svg.Label(left - 6, top + RowHeight - 3, label, "end", size: 10, fill: "#555");
            svg.Rectangle(left, top, scale * part, RowHeight, $"url(#{Hatching})", "#ddd");
        }

        svg.End();
        foreach (HeapRange range in snapshot.Ranges)
        {
            svg.BeginGroup("range", Describe(range));
            foreach ((long start, long bytes, Colour colour) in Stretches(range))
            {
                foreach ((int row, double from, double part) in _layout.PiecesOf(start, bytes))
                {
                    svg.Rectangle(left + (from * scale), TopOf(y, row), part * scale, RowHeight, $"{colour}");
                }
            }

            svg.End();
        }
    }

    /// <summary>A range in words.</summary>
    public static string Describe(HeapRange range) => range.ElementSize == 0
        ? $"0x{range.Start:x}: {ByteText.Of(range.CommittedBytes)} spare of {ByteText.Of(range.Bytes)}"
        : $"0x{range.Start:x}: {ByteText.Count(range.LiveElements)} of {ByteText.Count(range.Elements)} blocks of "
            + $"{ByteText.Of(range.ElementSize)}; {ByteText.Of(range.AskedBytes)} asked for, {ByteText.Of(range.CommittedBytes)} committed of {ByteText.Of(range.Bytes)}";

    private static double TopOf(double y, int row) => y + (row * (RowHeight + RowGap));

    private IEnumerable<(long Start, long Bytes, Colour Colour)> Stretches(HeapRange range) => range.ElementSize == 0
        ? _layout.StretchesOf(range).Where(static s => s.Depth == 0).Select(static s => (s.Start, s.Bytes, SizeGroup.Spare))
        : _layout.StretchesOf(range).Select(s => (s.Start, s.Bytes, SizeGroup.Of(range.ElementSize).Colour.Thinned(Depths[s.Depth])));
}
