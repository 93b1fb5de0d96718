using Rm.Tool.Traces;
using Rm.Violations;

namespace Rm.Tool.Replay;

/// <summary>Holds a state's own books against the trace that was replayed through it.</summary>
internal static class StateAudit
{
    /// <summary>Compares counters, listed blocks and the table's own invariants with the trace.</summary>
    /// <param name="state">The state; it tracks the blocks live at the trace's end and no others.</param>
    /// <param name="expected">What the trace asked for.</param>
    /// <param name="mostBytes">The most bytes of these blocks: as many as the trace asked for, or what the allocator made of them.</param>
    /// <param name="tally">Where differences are reported, and what was done besides the trace.</param>
    public static void Run(RmState state, TraceStatistics expected, long mostBytes, ReplayTally tally)
    {
        RmStatistics actual = state.Statistics;
        tally.Expect("blocks live in the state", expected.LiveObjects, actual.LiveBlocks);
        tally.ExpectBetween("bytes live in the state", (long)expected.LiveBytes, mostBytes, actual.LiveBytes);
        tally.Expect("allocations", expected.Objects - expected.Resizes + tally.SpareBlocks, actual.Allocations);
        tally.Expect("reallocations", expected.Resizes, actual.Reallocations);
        tally.Expect("frees", expected.Frees + tally.SpareBlocks, actual.Frees);
        tally.Expect("retains", tally.Retains, actual.Retains);
        tally.Expect("violations the state counted", 0, actual.Violations);

        long listed = 0;
        foreach (RmBlock block in state.RmBlocks)
        {
            listed++;
            if (block.Count != 1)
            {
                tally.Report($"a block of {block.Size} bytes ends with a count of {block.Count}");
            }
        }

        tally.Expect("blocks listed by the state", expected.LiveObjects, listed);
        Verify(state, tally);
    }

    /// <summary>Has the state check its own invariants.</summary>
    public static void Verify(RmState state, ReplayTally tally)
    {
        tally.Checks++;
        try
        {
            state.Verify();
        }
        catch (MemoryViolationException e)
        {
            tally.Report($"the state's table is corrupt: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
