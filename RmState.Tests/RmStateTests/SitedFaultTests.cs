using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.RmStateTests;

/// <summary>Every request for table memory fails in turn at the highest level: only what is recorded suffers.</summary>
public sealed class SitedFaultTests : LeakChecked
{
    private const string File = "/src/Work.cs";
    private const int BlockCount = 600;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void EveryRequestForTableMemoryFailsInTurn(bool overHeap, bool persistent)
    {
        long failed = 0;
        long lost = 0;
        for (long n = 1; ; n++)
        {
            var plan = new FaultPlan { FailAt = n, Persistent = persistent };
            CountingTableMemory table = NewTableMemory(plan);
            var options = new RmStateOptions
            {
                InitialCapacity = 1,
                Seed = 42,
                Allocator = overHeap ? NewArena().CreateHeap("faulty") : null,
                TableMemory = table,
                Level = RmDiagnosticsLevel.Full,
                HistoryLength = 64,
                QuarantineLength = 700,
            };
            using (var state = new RmState(options))
            {
                (long Failed, long Lost) run = Run(state, plan, table);
                failed += run.Failed;
                lost += run.Lost;
            }

            Assert.Equal(0, table.Outstanding);
            if (plan.Refused == 0)
            {
                break;
            }
        }

        Assert.True(failed > 0 && lost > 0, $"{failed} calls failed, {lost} notes were lost");
    }

    // Allocations and holders may fail, and are then made again; nothing else may.
    private static (long Failed, long Lost) Run(RmState state, FaultPlan plan, CountingTableMemory table)
    {
        long failed = 0;
        long lost = 0;
        List<RmHold> holds = [];
        nint[] blocks = new nint[BlockCount];
        for (int i = 0; i < BlockCount; i++)
        {
            failed += Attempt(state, plan, () => blocks[i] = state.RmMalloc(24, File, 1));
            for (int line = 0; line < 5; line++)
            {
                state.RmRetain(blocks[i], File, line);
            }

            if (i % 4 == 0)
            {
                failed += Attempt(state, plan, () => holds.Add(state.RmRetainAs(blocks[i], File, 50)));
            }

            Assert.Equal(i % 4 == 0 ? 7 : 6, state.RmCount(blocks[i]));
            Assert.Equal(table.Areas.Sum(a => (long)a.Bytes), state.Statistics.TableBytes);
        }

        state.Verify();
        for (int i = 0; i < BlockCount; i++)
        {
            RmHolders holders = state.RmWhoHolds(blocks[i]);
            Assert.Equal(i % 4 == 0 ? 1 : 0, holders.Holds.Count);
            Assert.InRange(holders.Retains.Sum(r => r.Count), 0, 5);
            Assert.All(holders.Retains, r => Assert.Equal(1, r.Count));
            lost += 5 - holders.Retains.Count;
            Assert.Equal(holders.Count, (holders.Site.IsKnown ? 1 : 0) + holders.Holds.Count + holders.Unmatched + holders.Unrecorded);
        }

        holds.ForEach(h => h.Dispose());
        long requests = plan.Requests;
        foreach (nint block in blocks)
        {
            for (int line = 0; line < 6; line++)
            {
                Assert.Equal(5 - line, state.RmRelease(block, File, 80 + line));
            }
        }

        Assert.Equal(0, state.Statistics.LiveBlocks);
        Assert.True(plan.Requests >= requests);
        state.Verify();
        return (failed, lost);
    }

    private static long Attempt(RmState state, FaultPlan plan, Action call)
    {
        long refused = plan.Refused;
        RmStatistics before = state.Statistics;
        try
        {
            call();
            return 0;
        }
        catch (OutOfMemoryException)
        {
            Assert.True(plan.Refused > refused, "no memory though no request failed");
        }

        RmStatistics now = state.Statistics;
        Assert.Equal(
            (before.LiveBlocks, before.LiveBytes, before.Allocations, before.Retains, before.Violations),
            (now.LiveBlocks, now.LiveBytes, now.Allocations, now.Retains, now.Violations));
        plan.Stop();
        state.Verify();
        call();
        return 1;
    }
}
