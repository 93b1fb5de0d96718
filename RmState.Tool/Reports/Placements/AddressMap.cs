using Rm.Tool.Maps;
using Rm.Tool.Replay;
using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Placements;

/// <summary>The map of blocks whose addresses are known: where the program had them.</summary>
internal static class AddressMap
{
    // What is told apart: heaps hand out blocks of one size from stretches of about this length.
    private const long Granule = 64 << 10;
    private const int PagesPerGranule = (int)(Granule / HeapSnapshot.PageBytes);

    // The map keeps a byte for each page.
    private const long MostBytes = 256L << 30;

    /// <summary>Draws up the map.</summary>
    /// <param name="moment">When it was like that, in words.</param>
    /// <param name="blocks">Where blocks begin, and the bytes asked for; in any order.</param>
    /// <returns>Null when there are none, or more bytes than a map can show.</returns>
    public static HeapMap? Of(string moment, IReadOnlyCollection<(long Address, long Bytes)> blocks)
    {
        if (blocks.Count == 0 || blocks.Sum(static b => (double)b.Bytes) > MostBytes)
        {
            return null;
        }

        var parts = new SortedDictionary<long, Part>();
        foreach ((long address, long bytes) in blocks)
        {
            Add(parts, address, bytes);
        }

        return new HeapMap
        {
            Moment = moment,
            Origin = "These are the addresses that the program had its blocks at.",
            Ranges = [.. Joined(parts).Select(static run => RangeOf(run))],
        };
    }

    private static void Add(SortedDictionary<long, Part> parts, long address, long bytes)
    {
        // A block of no bytes stands somewhere all the same.
        long end = address + Math.Max(1, bytes);
        for (long from = address; from < end;)
        {
            long granule = from & -Granule;
            long to = Math.Min(end, granule + Granule);
            if (!parts.TryGetValue(granule, out Part? part))
            {
                parts.Add(granule, part = new Part(granule));
            }

            part.Add(from, to, bytes, begins: from == address);
            from = to;
        }
    }

    private static IEnumerable<List<Part>> Joined(SortedDictionary<long, Part> parts)
    {
        var run = new List<Part>();
        foreach (Part part in parts.Values)
        {
            if (run.Count > 0 && (part.Start != run[^1].Start + Granule || part.Group != run[^1].Group))
            {
                yield return run;
                run = [];
            }

            run.Add(part);
        }

        yield return run;
    }

    private static HeapRange RangeOf(List<Part> run)
    {
        int blocks = run.Sum(static p => p.Blocks);
        long used = run.Sum(static p => p.Used.Sum());
        return new HeapRange
        {
            Start = run[0].Start,
            Bytes = run.Count * Granule,
            CommittedBytes = run.Count * Granule,
            ElementSize = run.Max(static p => p.LargestBlock),
            Elements = blocks,
            LiveElements = blocks,
            AskedBytes = used,
            Pages = [.. run.SelectMany(static p => p.Used).Select(static u => (byte)Math.Min(byte.MaxValue, ((u * byte.MaxValue) + HeapSnapshot.PageBytes - 1) / HeapSnapshot.PageBytes))],
        };
    }

    private sealed class Part(long start)
    {
        public long Start { get; } = start;

        /// <summary>By page: the bytes in use.</summary>
        public long[] Used { get; } = new long[PagesPerGranule];

        /// <summary>Blocks that begin here.</summary>
        public int Blocks { get; private set; }

        public long LargestBlock { get; private set; } = 1;

        public SizeGroup Group => SizeGroup.Of(LargestBlock);

        public void Add(long from, long to, long bytes, bool begins)
        {
            Blocks += begins ? 1 : 0;
            LargestBlock = Math.Max(LargestBlock, bytes);
            for (long at = from; at < to && bytes > 0;)
            {
                int page = (int)((at - Start) / HeapSnapshot.PageBytes);
                long end = Math.Min(to, Start + ((page + 1L) * HeapSnapshot.PageBytes));
                Used[page] += end - at;
                at = end;
            }
        }
    }
}
