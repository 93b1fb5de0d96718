using Rm.Tool.Replay;

namespace Rm.Tool.Maps;

/// <summary>What the committed memory is made of: a bar, and the numbers beneath it.</summary>
internal sealed class FigureDrawing
{
    public const double Height = 84;

    private readonly HeapSnapshot _snapshot;
    private readonly (string Name, long Bytes, string Fill)[] _parts;

    public FigureDrawing(HeapSnapshot snapshot)
    {
        _snapshot = snapshot;
        long used = snapshot.CommittedBytes - snapshot.SpareBytes;

        // Room in a slab may not be committed yet; what is left is ends of granules and pages.
        long room = Math.Clamp(snapshot.FreeBytes, 0, Math.Max(0, used - snapshot.LiveBytes));
        _parts =
        [
            ("asked for", snapshot.AskedBytes, "#2b7a3d"),
            ("rounded up", Math.Max(0, snapshot.LiveBytes - snapshot.AskedBytes), "#a5cf6f"),
            ("free in slabs", room, "#f2c14e"),
            ("slab ends", Math.Max(0, used - snapshot.LiveBytes - room), "#d9765f"),
            ("spare", snapshot.SpareBytes, $"{SizeGroup.Spare}"),
        ];
    }

    public void Draw(SvgWriter svg, double x, double y, double width)
    {
        const double barHeight = 20;
        const double swatch = 10;
        double total = Math.Max(1, _parts.Sum(static p => p.Bytes));
        double left = x;
        double column = x;
        svg.BeginGroup("figures");
        foreach ((string name, long bytes, string fill) in _parts)
        {
            double length = bytes / total * width;
            svg.Rectangle(left, y, length, barHeight, fill);
            left += length;
            svg.Rectangle(column, y + barHeight + 10, swatch, swatch, fill);
            svg.Label(column + swatch + 5, y + barHeight + 19, $"{name} {ByteText.Of(bytes)} ({ByteText.Share(bytes, total)})");
            column += width / _parts.Length;
        }

        HeapSnapshot s = _snapshot;
        svg.Label(
            x,
            y + barHeight + 42,
            $"Committed {ByteText.Of(s.CommittedBytes)}, of which live {ByteText.Of(s.LiveBytes)} in {ByteText.Count(s.LiveBlocks)} blocks, asked for {ByteText.Of(s.AskedBytes)}. "
            + $"Waste {ByteText.Share(s.CommittedBytes - s.AskedBytes, s.CommittedBytes)} of the committed memory; "
            + $"fragmentation {ByteText.Share(s.CommittedBytes - s.SpareBytes - s.LiveBytes, s.CommittedBytes - s.SpareBytes)} of what the heap has.");
        svg.Label(
            x,
            y + barHeight + 59,
            $"Address space reserved {ByteText.Of(s.ReservedBytes)}; the arena's own tables {ByteText.Of(s.MetadataBytes)}, not in the bar.");
        svg.End();
    }
}
