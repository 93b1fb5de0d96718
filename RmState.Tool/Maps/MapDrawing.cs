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

    private static double TopOf(double y, int row) => y + (row * (RowHeight + RowGap));

    private static string Describe(HeapRange range) => range.ElementSize == 0
        ? $"0x{range.Start:x}: {ByteText.Of(range.CommittedBytes)} spare of {ByteText.Of(range.Bytes)}"
        : $"0x{range.Start:x}: {ByteText.Count(range.LiveElements)} of {ByteText.Count(range.Elements)} blocks of "
            + $"{ByteText.Of(range.ElementSize)}; {ByteText.Of(range.AskedBytes)} asked for, {ByteText.Of(range.CommittedBytes)} committed of {ByteText.Of(range.Bytes)}";

    // Cells of one depth beside each other are one rectangle. What is behind the committed part stays hatched.
    private IEnumerable<(long Start, long Bytes, Colour Colour)> Stretches(HeapRange range)
    {
        Colour colour = range.ElementSize == 0 ? SizeGroup.Spare : SizeGroup.Of(range.ElementSize).Colour;
        long committed = Math.Clamp(range.CommittedBytes, HeapSnapshot.PageBytes, range.Bytes);
        yield return (range.Start, committed, range.ElementSize == 0 ? colour : colour.Thinned(Depths[0]));

        int from = 0;
        int depth = 0;
        for (int page = 0; page < range.Pages.Length; page += _layout.PagesPerCell)
        {
            int here = DepthOf(range.Pages.AsSpan(page, Math.Min(_layout.PagesPerCell, range.Pages.Length - page)));
            if (here != depth)
            {
                if (depth != 0)
                {
                    yield return Stretch(range, from, page, colour, depth);
                }

                (from, depth) = (page, here);
            }
        }

        if (depth != 0)
        {
            yield return Stretch(range, from, range.Pages.Length, colour, depth);
        }
    }

    private static (long Start, long Bytes, Colour Colour) Stretch(HeapRange range, int from, int to, Colour colour, int depth) =>
        (range.Start + ((long)from * HeapSnapshot.PageBytes), (long)(to - from) * HeapSnapshot.PageBytes, colour.Thinned(Depths[depth]));

    private static int DepthOf(ReadOnlySpan<byte> pages)
    {
        int sum = 0;
        foreach (byte share in pages)
        {
            sum += share;
        }

        int most = pages.Length * byte.MaxValue;
        return ((sum * (Depths.Count - 1)) + most - 1) / most;
    }
}
