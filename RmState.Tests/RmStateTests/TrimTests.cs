using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.RmStateTests;

/// <summary>Trim: finishes growth, sweeps dead entries, shrinks the table, a bounded slice at a time.</summary>
public sealed class TrimTests : LeakChecked
{
    [Fact]
    public void EmptiedTableShrinks()
    {
        RmState state = NewState(new RmStateOptions
        {
            InitialCapacity = 64,
            TableMemory = NewTableMemory(),
            DisposePolicy = RmDisposePolicy.Abandon,
        });
        Fill(state, 100_000);
        RmStatistics full = state.Statistics;
        Empty(state, 100_000);

        Assert.True(state.Trim());

        RmStatistics trimmed = state.Statistics;
        Assert.True(full.Capacity >= 100_000, $"{full.Capacity} slots");
        Assert.True(trimmed.Capacity <= 4096, $"{trimmed.Capacity} slots for no block");
        Assert.True(trimmed.TableBytes < full.TableBytes / 8, $"{trimmed.TableBytes} bytes of {full.TableBytes}");
        Assert.Equal(0, trimmed.DeadSlots);
        Assert.True(trimmed.BytesUnmapped >= full.TableBytes / 2, $"{trimmed.BytesUnmapped} bytes of {full.TableBytes} given back");
        state.Verify();
    }

    [Fact]
    public void LiveBlocksSurviveEveryStep()
    {
        RmState state = NewState(new RmStateOptions
        {
            InitialCapacity = 64,
            TableMemory = NewTableMemory(),
            DisposePolicy = RmDisposePolicy.Abandon,
        });
        Fill(state, 50_000);
        for (int i = 0; i < 50_000; i++)
        {
            if (i % 100 != 0)
            {
                state.RmDetach(Fakes.Address(i));
            }
        }

        int steps = 0;
        while (!state.Trim(1))
        {
            steps++;
            Assert.True(steps < 100_000, "Trim does not end");
            Assert.Equal(1, state.RmCount(Fakes.Address(100 * (steps % 500))));
            Assert.False(state.RmContains(Fakes.Address((100 * (steps % 500)) + 1)));
            if (steps % 64 == 0)
            {
                state.Verify();
            }
        }

        Assert.True(steps > 10, $"all was done in {steps} slices");
        Assert.Equal(500, state.RmBlocks.Count());
        Assert.Equal(500, state.Statistics.LiveBlocks);
        Assert.True(state.Trim(1), "once done, done");
        state.Verify();
        for (int i = 0; i < 500; i++)
        {
            state.RmDetach(Fakes.Address(100 * i));
        }
    }

    [Fact]
    public void WorkBetweenStepsIsAllowed()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, TableMemory = NewTableMemory(), Allocator = NewAllocator() });
        var work = new RandomWork(state, seed: 21);
        for (int round = 0; round < 2000; round++)
        {
            work.Run(20);
            state.Trim(1 + (round % 3));
        }

        work.AssertModelMatches();
        state.Verify();
        Assert.True(state.Trim());
        work.AssertModelMatches();
        work.ReleaseAll();
    }

    [Fact]
    public void NewStateHasNothingToTrim()
    {
        RmState state = NewState();
        Assert.True(state.Trim());
        Assert.True(state.Trim(1));
        Assert.Equal(0, state.RmRelease(state.RmMalloc(8)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void SlicesMustNotBeNegative(int slices)
    {
        RmState state = NewState();
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Trim(slices));
        Assert.True(state.Trim());
    }

    [Fact]
    public void GrowsAgainAfterwards()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, DisposePolicy = RmDisposePolicy.Abandon });
        for (int round = 0; round < 5; round++)
        {
            Fill(state, 20_000);
            state.Verify();
            Empty(state, 20_000);
            Assert.True(state.Trim());
            state.Verify();
        }

        Assert.Equal(100_000, state.Statistics.Detaches);
    }

    [Fact]
    public void NoMemoryForASmallerTableLosesNothing()
    {
        var faults = new FaultPlan();
        RmState state = NewState(new RmStateOptions
        {
            InitialCapacity = 1,
            TableMemory = NewTableMemory(faults),
            DisposePolicy = RmDisposePolicy.Abandon,
        });
        Fill(state, 10_000);
        for (int i = 10; i < 10_000; i++)
        {
            state.RmDetach(Fakes.Address(i));
        }

        StateSnapshot before = StateSnapshot.Of(state);
        faults.FailFromNow();
        state.Trim();

        before.AssertUnchanged(state);
        faults.Stop();
        Assert.True(state.Trim());
        before.AssertUnchanged(state);
        Empty(state, 10);
    }

    [Fact]
    public void NoSlicesOnlyTellWhetherAnythingIsLeft()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, DisposePolicy = RmDisposePolicy.Abandon });
        Assert.True(state.Trim(0));
        Fill(state, 10_000);
        Empty(state, 10_000);
        RmStatistics before = state.Statistics;

        Assert.False(state.Trim(0));
        Assert.Equal(before.Capacity, state.Statistics.Capacity);
        Assert.True(state.Trim());
        Assert.True(state.Trim(0));
    }

    private static void Fill(RmState state, int count)
    {
        for (int i = 0; i < count; i++)
        {
            state.RmAttach(Fakes.Address(i));
        }
    }

    private static void Empty(RmState state, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(0, state.RmDetach(Fakes.Address(i)));
        }
    }
}
