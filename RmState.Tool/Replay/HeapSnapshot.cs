using Rm.Arenas;

namespace Rm.Tool.Replay;

/// <summary>An arena at one moment of a replay; all sizes in bytes.</summary>
internal sealed record HeapSnapshot
{
    /// <summary>The page that occupancy is told by, whatever the system's is.</summary>
    public const int PageBytes = 4096;

    /// <summary>How many events were replayed.</summary>
    public required int Event { get; init; }

    /// <summary>What the trace had asked for and not freed.</summary>
    public required long AskedBytes { get; init; }

    public required long LiveBlocks { get; init; }

    /// <summary>The same blocks' bytes, rounded up to their classes.</summary>
    public required long LiveBytes { get; init; }

    /// <summary>Room for blocks in memory that the heap has.</summary>
    public required long FreeBytes { get; init; }

    public required long CommittedBytes { get; init; }

    /// <summary>Committed memory that the heap does not have.</summary>
    public required long SpareBytes { get; init; }

    public required long ReservedBytes { get; init; }

    /// <summary>The arena's own tables.</summary>
    public required long MetadataBytes { get; init; }

    /// <summary>In the order of addresses.</summary>
    public required IReadOnlyList<HeapRange> Ranges { get; init; }

    /// <summary>Describes an arena.</summary>
    /// <param name="arena">The arena.</param>
    /// <param name="script">The trace that is replayed.</param>
    /// <param name="blocks">By object: its block, or 0 if it was freed; those not yet allocated left out.</param>
    /// <param name="replayed">How many events were.</param>
    public static HeapSnapshot Of(Arena arena, ReplayScript script, ReadOnlySpan<nint> blocks, int replayed)
    {
        IReadOnlyList<ArenaRange> ranges = arena.GetMap();
        ArenaStatistics totals = arena.Statistics;
        long[][] pages = [.. ranges.Select(static r => new long[(r.Bytes + PageBytes - 1) / PageBytes])];
        var asked = new long[ranges.Count];
        nint[] starts = [.. ranges.Select(static r => r.Start)];
        for (int id = 0; id < blocks.Length; id++)
        {
            if (blocks[id] != 0)
            {
                int found = Array.BinarySearch(starts, blocks[id]);
                int range = found < 0 ? ~found - 1 : found;
                asked[range] += (long)script.Sizes[id];
                AddToPages(pages[range], blocks[id] - starts[range], (long)script.Sizes[id]);
            }
        }

        return new HeapSnapshot
        {
            Event = replayed,
            AskedBytes = asked.Sum(),
            LiveBlocks = totals.LiveBlocks,
            LiveBytes = (long)totals.LiveBytes,
            FreeBytes = arena.Pools.Sum(static p => (long)p.Usage.FreeBytes),
            CommittedBytes = (long)totals.CommittedBytes,
            SpareBytes = (long)totals.SpareBytes,
            ReservedBytes = (long)totals.ReservedBytes,
            MetadataBytes = (long)totals.MetadataBytes,
            Ranges = [.. ranges.Select((range, i) => Describe(range, asked[i], pages[i]))],
        };
    }

    private static HeapRange Describe(in ArenaRange range, long asked, long[] pages) => new()
    {
        Start = range.Start,
        Bytes = (long)range.Bytes,
        CommittedBytes = (long)range.CommittedBytes,
        ElementSize = (long)range.ElementSize,
        Elements = range.Elements,
        LiveElements = range.LiveElements,
        AskedBytes = asked,
        Pages = [.. pages.Select(static bytes => (byte)(((bytes * byte.MaxValue) + PageBytes - 1) / PageBytes))],
    };

    private static void AddToPages(Span<long> pages, long offset, long bytes)
    {
        while (bytes > 0)
        {
            long inPage = Math.Min(bytes, PageBytes - (offset % PageBytes));
            pages[(int)(offset / PageBytes)] += inPage;
            offset += inPage;
            bytes -= inPage;
        }
    }
}
