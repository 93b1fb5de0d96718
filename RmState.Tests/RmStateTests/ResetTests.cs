using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>Reset: the policy of Dispose, but the state goes on.</summary>
public sealed class ResetTests : LeakChecked
{
    [Fact]
    public void FreesEverythingAndStartsAgainAtZero()
    {
        CountingAllocator allocator = NewAllocator();
        List<RmLeakReport> leaks = [];
        RmState state = NewState(new RmStateOptions { Allocator = allocator, OnLeak = leaks.Add, InitialCapacity = 1 });
        for (int round = 0; round < 5; round++)
        {
            for (int i = 0; i < 1000; i++)
            {
                state.RmMalloc(10);
                nint block = Blocks.Malloc();
                state.RmAttach(block, Blocks.Free, 5);
                state.RmRetain(block);
            }

            RmLeakReport report = state.Reset()!;

            Assert.Equal((2000, 15_000), (report.LiveBlocks, report.LiveBytes));
            Assert.Same(report, leaks[round]);
            Assert.Same(report, state.LastReport);
            Assert.Equal(0, allocator.Outstanding);
            Assert.Equal(0, Blocks.Live);
            RmStatistics s = state.Statistics;
            Assert.Equal(new RmStatistics { Capacity = s.Capacity, DeadSlots = s.DeadSlots, TableBytes = s.TableBytes }, s);
            Assert.Empty(state.RmBlocks);
            state.Verify();
        }

        Assert.Equal(5, leaks.Count);
        Assert.False(state.IsDisposed);
    }

    [Fact]
    public void WithoutLiveBlocksReturnsNullAndStartsAgainAtZeroToo()
    {
        RmState state = NewState(new RmStateOptions { OnLeak = _ => Assert.Fail("nothing leaked") });
        state.RmRelease(state.RmMalloc(10));

        Assert.Null(state.Reset());

        Assert.Equal((0, 0, 0), (state.Statistics.Allocations, state.Statistics.Frees, state.Statistics.PeakBlocks));
    }

    [Fact]
    public void PointersFromBeforeAreUnknown()
    {
        RmState state = NewState();
        state.RmAttach(Fakes.Address(1), Fakes.Leave);
        state.Reset();

        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(Fakes.Address(1)));
        state.RmAttach(Fakes.Address(1), Fakes.Leave);
        Assert.Equal(1, state.RmCount(Fakes.Address(1)));
        state.RmRelease(Fakes.Address(1));
    }

    [Fact]
    public void AbandonPolicyForgetsTheBlocks()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator, DisposePolicy = RmDisposePolicy.Abandon });
        nint block = state.RmMalloc(10);
        state.RmAttach(Fakes.Address(1), _ => Assert.Fail("abandoned"));

        Assert.Equal(2, state.Reset()!.LiveBlocks);

        Assert.True(allocator.Holds(block));
        Assert.Empty(state.RmBlocks);
        state.Verify();
        allocator.FreeDetached(block);
    }

    [Fact]
    public void ThrowIfLivePolicyThrowsAndChangesNothing()
    {
        RmState state = NewState(new RmStateOptions { DisposePolicy = RmDisposePolicy.ThrowIfLive });
        nint block = state.RmMalloc(10);
        StateSnapshot before = StateSnapshot.Of(state);

        Assert.Throws<LiveBlocksException>(() => state.Reset());

        before.AssertUnchanged(state, newViolations: 1);
        Assert.Equal(0, state.RmRelease(block));
        Assert.Null(state.Reset());
    }

    [Fact]
    public void ExceptionsOfDeallocatorsSurfaceAndTheStateIsUsable()
    {
        RmState state = NewState();
        state.RmAttach(Fakes.Address(1), _ => throw new FormatException());
        state.RmAttach(Fakes.Address(2), _ => throw new FormatException());
        state.RmMalloc(10);

        Assert.Throws<AggregateException>(() => state.Reset());

        Assert.Equal(0, state.Statistics.LiveBlocks);
        state.Verify();
        Assert.Equal(0, state.RmRelease(state.RmMalloc(10)));
    }
}
