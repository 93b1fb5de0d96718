using Rm.Tool.Replay;

namespace Rm.Tool.Maps;

/// <summary>
/// Where addresses stand in the map: row below row, from left to right. A wide gap between ranges is left out, and what follows it
/// begins a row.
/// </summary>
internal sealed class MapLayout
{
    private const long Granule = 64 << 10;
    private const int PagesPerGranule = (int)(Granule / HeapSnapshot.PageBytes);
    private const long WidestGap = 4 << 20;

    // Rows grow longer before there are more of them than this.
    private const int PreferredRows = 44;
    private const int LongestRow = 4096;

    // More would be narrower than a pixel.
    private const int MostCells = 1024;

    private readonly List<(long Start, long End, int FirstRow)> _segments = [];

    public MapLayout(IReadOnlyList<HeapRange> ranges)
    {
        foreach (HeapRange range in ranges)
        {
            if (_segments is [.., var last] && range.Start >= last.Start && range.Start - last.End <= WidestGap)
            {
                _segments[^1] = last with { End = range.Start + range.Bytes };
            }
            else
            {
                _segments.Add((range.Start & -Granule, range.Start + range.Bytes, 0));
            }
        }

        int granules = 8;
        while (CountRows(granules) > PreferredRows && granules < LongestRow)
        {
            granules *= 2;
        }

        RowBytes = granules * Granule;
        PagesPerCell = Math.Max(1, granules * PagesPerGranule / MostCells);
        for (int i = 0; i < _segments.Count; i++)
        {
            _segments[i] = _segments[i] with { FirstRow = Rows };
            Rows += RowsOf(_segments[i], granules);
        }
    }

    /// <summary>How much address space a row shows.</summary>
    public long RowBytes { get; }

    /// <summary>How many pages are drawn as one.</summary>
    public int PagesPerCell { get; }

    public int Rows { get; }

    /// <summary>Every row: what to write before it, and how much of it, 0 to 1, is within the first and the last address shown.</summary>
    public IEnumerable<(string Label, double Width)> Labels()
    {
        foreach ((long start, long end, _) in _segments)
        {
            for (long row = start; row < end; row += RowBytes)
            {
                yield return (row == start ? $"0x{start:x}" : $"+ {ByteText.Of(row - start)}", Math.Min(1, (double)(end - row) / RowBytes));
            }
        }
    }

    /// <summary>The pieces, by row, of a stretch within a range.</summary>
    /// <returns>The row, and where in it the piece begins and how long it is, 0 to 1.</returns>
    public IEnumerable<(int Row, double From, double Width)> PiecesOf(long start, long bytes)
    {
        (long Start, long End, int FirstRow) segment = _segments.FindLast(s => s.Start <= start);
        for (long end = start + bytes; start < end;)
        {
            long row = (start - segment.Start) / RowBytes;
            long rowStart = segment.Start + (row * RowBytes);
            long pieceEnd = Math.Min(end, rowStart + RowBytes);
            yield return (segment.FirstRow + (int)row, (double)(start - rowStart) / RowBytes, (double)(pieceEnd - start) / RowBytes);
            start = pieceEnd;
        }
    }

    /// <summary>
    /// Cuts a range into stretches of one depth: what it has committed, at depth 0, then where more of it is in use. What is behind
    /// the committed part is none of them.
    /// </summary>
    public IEnumerable<MapStretch> StretchesOf(HeapRange range)
    {
        yield return new MapStretch(range.Start, Math.Clamp(range.CommittedBytes, HeapSnapshot.PageBytes, range.Bytes), 0);

        int from = 0;
        int depth = 0;
        for (int page = 0; page < range.Pages.Length; page += PagesPerCell)
        {
            int here = MapStretch.DepthOf(range.Pages.AsSpan(page, Math.Min(PagesPerCell, range.Pages.Length - page)));
            if (here != depth)
            {
                if (depth != 0)
                {
                    yield return StretchOf(range, from, page, depth);
                }

                (from, depth) = (page, here);
            }
        }

        if (depth != 0)
        {
            yield return StretchOf(range, from, range.Pages.Length, depth);
        }
    }

    private static MapStretch StretchOf(HeapRange range, int from, int to, int depth) =>
        new(range.Start + ((long)from * HeapSnapshot.PageBytes), (long)(to - from) * HeapSnapshot.PageBytes, depth);

    private static int RowsOf((long Start, long End, int FirstRow) segment, int granules) =>
        (int)((segment.End - segment.Start + (granules * Granule) - 1) / (granules * Granule));

    private int CountRows(int granules) => _segments.Sum(s => RowsOf(s, granules));
}
