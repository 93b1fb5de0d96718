using Rm.Arenas;
using Rm.Violations;

namespace Rm.Tool.Replay;

/// <summary>Holds a heap's own books, and its arena's, against the trace that was replayed through it.</summary>
internal static class ArenaAudit
{
    private const nuint SmallestRounding = 16;

    /// <summary>Compares totals, every live block's size and all invariants with the trace.</summary>
    /// <param name="heap">The arena's only pool; it has the blocks live at the trace's end and no others.</param>
    /// <param name="script">The trace.</param>
    /// <param name="blocks">By object: its block, or 0 if it was freed.</param>
    /// <param name="tally">Where differences are reported.</param>
    public static void Run(SizeClassHeap heap, ReplayScript script, ReadOnlySpan<nint> blocks, ReplayTally tally)
    {
        bool[] resized = FindResized(script);
        nuint usable = 0;
        for (int id = 0; id < blocks.Length; id++)
        {
            if (blocks[id] != 0)
            {
                usable += CheckBlock(heap, script, id, blocks[id], resized[id], tally);
            }
        }

        PoolUsage usage = heap.Usage;
        ArenaStatistics totals = heap.Arena.Statistics;
        tally.Expect("blocks live in the heap", script.Statistics.LiveObjects, usage.LiveBlocks);
        tally.Expect("bytes live in the heap", (long)usable, (long)usage.LiveBytes);
        tally.Expect("blocks live in the arena", script.Statistics.LiveObjects, totals.LiveBlocks);
        tally.Expect("bytes live in the arena", (long)usable, (long)totals.LiveBytes);
        Require(totals.CommittedBytes - totals.SpareBytes >= usage.LiveBytes, "the heap has more bytes live than are committed", tally);
        Require(totals.PeakCommittedBytes >= script.Statistics.PeakLiveBytes, "less was ever committed than lived at once", tally);
        Verify(heap.Arena, tally);
    }

    /// <summary>Has an arena and its pools check their own invariants.</summary>
    public static void Verify(Arena arena, ReplayTally tally)
    {
        tally.Checks++;
        try
        {
            arena.Verify();
        }
        catch (MemoryViolationException e)
        {
            tally.Report($"the arena is corrupt: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>The most bytes that a block may have for those asked for.</summary>
    /// <param name="size">Bytes asked for.</param>
    /// <param name="alignment">The alignment asked for; 0 for none.</param>
    /// <param name="resized">Whether the block was reallocated: it need not shrink by less than a quarter.</param>
    internal static nuint MostFor(nuint size, nuint alignment, bool resized)
    {
        nuint rounded = size + alignment;
        return rounded + (resized ? rounded / 3 : rounded / 8) + SmallestRounding;
    }

    private static nuint CheckBlock(SizeClassHeap heap, ReplayScript script, int id, nint block, bool resized, ReplayTally tally)
    {
        nuint size = script.Sizes[id];
        nuint usable = heap.UsableSize(block);
        nuint alignment = script.AlignmentLog2[id] == 0 ? 0 : (nuint)1 << script.AlignmentLog2[id];
        if (resized && alignment != 0)
        {
            // A state does not remember what was asked for: it keeps as much as the old block's size was a multiple of.
            alignment = nuint.Max(alignment, usable & (~usable + 1));
        }

        nuint most = MostFor(size, alignment, resized);
        Require(heap.Contains(block), $"object {id} is not the heap's", tally);
        tally.ExpectBetween($"bytes of object {id}", (long)size, (long)most, (long)usable);
        return usable;
    }

    private static bool[] FindResized(ReplayScript script)
    {
        bool[] resized = new bool[script.ObjectCount];
        int next = 0;
        foreach (ReplayOp op in script.Ops)
        {
            if (op is not (ReplayOp.Free or ReplayOp.FreeAligned))
            {
                resized[next++] = op is ReplayOp.Reallocate or ReplayOp.ReallocateAligned;
            }
        }

        return resized;
    }

    private static void Require(bool holds, string otherwise, ReplayTally tally)
    {
        tally.Checks++;
        if (!holds)
        {
            tally.Report(otherwise);
        }
    }
}
