using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>Dispose under each policy.</summary>
public sealed class DisposeTests : LeakChecked
{
    [Fact]
    public void FreePolicyFreesEachBlockOnceWhateverItsCount()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint[] own = [state.RmMalloc(10), state.RmCalloc(2, 10), state.RmAlignedAlloc(64, 30)];
        nint attached = Blocks.Malloc();
        nint wide = Blocks.Malloc();
        state.RmRetain(own[0]);
        state.RmAttach(attached, Blocks.Free);
        state.RmRetain(attached);
        state.RmRetain(attached);
        state.RmAttach(wide, Blocks.Free);
        state.PresetCount(wide, 1L << 40);

        state.Dispose();

        Assert.Equal(3, allocator.Frees);
        Assert.Equal(0, allocator.Outstanding);
        Assert.Equal(new[] { attached, wide }.Order(), Blocks.Freed.Order());
        Assert.Equal((0, 5), (state.Statistics.LiveBlocks, state.Statistics.Frees));
    }

    [Fact]
    public void AbandonPolicyLeavesTheBlocksAlone()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator, DisposePolicy = RmDisposePolicy.Abandon });
        nint own = state.RmMalloc(10);
        nint attached = Blocks.Malloc();
        state.RmAttach(attached, Blocks.Free);

        state.Dispose();

        Assert.True(state.IsDisposed);
        Assert.True(allocator.Holds(own) && Blocks.IsLive(attached));
        Assert.Equal(2, state.LastReport!.LiveBlocks);
        Assert.Equal((0, 2, 0), (state.Statistics.LiveBlocks, state.Statistics.Abandoned, state.Statistics.Frees));
        allocator.FreeDetached(own);
        Blocks.Free(attached);
    }

    [Fact]
    public void ThrowIfLivePolicyThrowsAndChangesNothingWhileABlockLives()
    {
        RmState state = NewState(new RmStateOptions
        {
            DisposePolicy = RmDisposePolicy.ThrowIfLive,
            Allocator = NewAllocator(),
            Name = "strict",
        });
        nint own = state.RmMalloc(10);
        nint attached = Blocks.Malloc();
        state.RmAttach(attached, Blocks.Free);
        state.RmRetain(attached);
        StateSnapshot before = StateSnapshot.Of(state);

        LiveBlocksException violation = Assert.Throws<LiveBlocksException>(state.Dispose);

        Assert.Contains("strict", violation.Message, StringComparison.Ordinal);
        Assert.False(state.IsDisposed);
        before.AssertUnchanged(state, newViolations: 1);
        Assert.Equal(2, state.LastReport!.LiveBlocks);
        state.RmRelease(own);
        state.RmRelease(attached);
        Assert.Throws<LiveBlocksException>(state.Dispose);
        state.RmRelease(attached);
        state.Dispose();
        Assert.True(state.IsDisposed);
    }

    [Fact]
    public void ReportExistsBeforeAnythingIsFreed()
    {
        CountingAllocator allocator = NewAllocator();
        List<RmLeakReport> reports = [];
        RmState? made = null;
        nint own = 0;
        RmState state = made = NewState(new RmStateOptions
        {
            Name = "leaky",
            Allocator = allocator,
            OnLeak = report =>
            {
                reports.Add(report);
                Assert.True(allocator.Holds(own));
                Assert.Empty(Blocks.Freed);
                Assert.Same(report, made!.LastReport);
                Assert.Equal(2, made.RmCount(own));
                Assert.Equal(2, made.RmBlocks.Count());
            },
        });
        own = state.RmMalloc(10);
        state.RmRetain(own);
        nint attached = Blocks.Malloc();
        state.RmAttach(attached, Blocks.Free);

        state.Dispose();

        RmLeakReport only = Assert.Single(reports);
        Assert.Same(only, state.LastReport);
        Assert.Equal(("leaky", 2, 10), (only.StateName, only.LiveBlocks, only.LiveBytes));
        Assert.Equal(
            new[] { new RmBlock(own, 2, 10), new RmBlock(attached, 1, null) }.OrderBy(b => b.Address),
            only.Blocks.OrderBy(b => b.Address));
        Assert.Equal(0, allocator.Outstanding);
        Assert.Equal([attached], Blocks.Freed);
    }

    [Fact]
    public void WithoutLiveBlocksThereIsNoReport()
    {
        RmState state = NewState(new RmStateOptions { OnLeak = _ => Assert.Fail("nothing leaked") });
        state.RmRelease(state.RmMalloc(10));

        state.Dispose();

        Assert.Null(state.LastReport);
        Assert.True(state.IsDisposed);
    }

    [Theory]
    [InlineData(RmDisposePolicy.Free)]
    [InlineData(RmDisposePolicy.Abandon)]
    [InlineData(RmDisposePolicy.ThrowIfLive)]
    public void SecondDisposeDoesNothing(RmDisposePolicy policy)
    {
        int reports = 0;
        int freed = 0;
        RmState state = NewState(new RmStateOptions { DisposePolicy = policy, OnLeak = _ => reports++ });
        if (policy != RmDisposePolicy.ThrowIfLive)
        {
            state.RmAttach(Fakes.Address(1), _ => freed++);
        }

        state.Dispose();
        (int reportsThen, int freedThen, RmStatistics statistics) = (reports, freed, state.Statistics);
        state.Dispose();
        state.Dispose();

        Assert.Equal((reportsThen, freedThen, statistics), (reports, freed, state.Statistics));
        Assert.Equal(policy == RmDisposePolicy.ThrowIfLive ? 0 : 1, reports);
        Assert.Equal(policy == RmDisposePolicy.Free ? 1 : 0, freed);
    }

    [Fact]
    public void DeallocatorsMayReleaseEachOthersBlocksDuringDispose()
    {
        RmState state = NewState();
        Dictionary<nint, int> freed = [];
        for (int i = 0; i < 1000; i++)
        {
            state.RmAttach(Fakes.Address(i), block =>
            {
                freed[block] = freed.GetValueOrDefault(block) + 1;
                state.RmTryRelease(block + 16, out _);
                state.RmTryRelease(block - 16, out _);
                Assert.Throws<ObjectDisposedException>(() => state.RmMalloc(1));
                Assert.Throws<ObjectDisposedException>(() => state.RmAttach(block - 1, Fakes.Leave));
            });
        }

        state.Dispose();

        Assert.Equal(1000, freed.Count);
        Assert.All(freed.Values, times => Assert.Equal(1, times));
        Assert.Equal((0, 1000), (state.Statistics.LiveBlocks, state.Statistics.Frees));
    }

    [Fact]
    public void ExceptionsOfDeallocatorsSurfaceAfterAllBlocksAreFreed()
    {
        CountingAllocator allocator = NewAllocator();
        CountingTableMemory memory = NewTableMemory();
        RmState state = NewState(new RmStateOptions { Allocator = allocator, TableMemory = memory });
        int deallocated = 0;
        for (int i = 0; i < 100; i++)
        {
            state.RmMalloc(10);
            bool throws = i % 10 == 0;
            state.RmAttach(Fakes.Address(i), _ =>
            {
                deallocated++;
                if (throws)
                {
                    throw new FormatException();
                }
            });
        }

        AggregateException e = Assert.Throws<AggregateException>(state.Dispose);

        Assert.Equal(10, e.InnerExceptions.Count);
        Assert.All(e.InnerExceptions, inner => Assert.IsType<FormatException>(inner));
        Assert.Equal(100, deallocated);
        Assert.True(state.IsDisposed);
        Assert.Equal(0, allocator.Outstanding);
        Assert.Equal(0, memory.Outstanding);
        state.Dispose();
    }

    [Fact]
    public void OneExceptionOfADeallocatorSurfacesAsItIs()
    {
        var thrown = new FormatException();
        RmState state = NewState();
        state.RmAttach(Fakes.Address(1), _ => throw thrown);
        state.RmAttach(Fakes.Address(2), Fakes.Leave);

        Assert.Same(thrown, Assert.Throws<FormatException>(state.Dispose));

        Assert.True(state.IsDisposed);
        Assert.Equal(2, state.Statistics.Frees);
    }

    [Fact]
    public void DisposingInsideTheLeakCallbackDoesNotRecurse()
    {
        int calls = 0;
        int freed = 0;
        RmState? made = null;
        RmState state = made = NewState(new RmStateOptions
        {
            OnLeak = report =>
            {
                if (++calls > 2)
                {
                    throw new FormatException("it recurses");
                }

                _ = Record.Exception(made!.Dispose);
            },
        });
        state.RmAttach(Fakes.Address(1), _ => freed++);

        _ = Record.Exception(state.Dispose);
        state.Dispose();

        Assert.Equal((1, 1, true), (calls, freed, state.IsDisposed));
    }

    [Fact]
    public void StatisticsBalanceAfterwards()
    {
        foreach (RmDisposePolicy policy in new[] { RmDisposePolicy.Free, RmDisposePolicy.Abandon })
        {
            RmState state = NewState(new RmStateOptions { DisposePolicy = policy });
            for (int i = 0; i < 10; i++)
            {
                state.RmAttach(Fakes.Address(i), Fakes.Leave, 10);
                state.RmRetain(Fakes.Address(i));
            }

            state.Dispose();

            RmStatistics s = state.Statistics;
            Assert.Equal((0, 0), (s.LiveBlocks, s.LiveBytes));
            Assert.Equal(s.LiveBlocks, s.Allocations + s.Attaches - s.Frees - s.Detaches - s.Abandoned);
            Assert.Equal(0, s.Allocations + s.Attaches + s.Retains - s.Releases - s.ReferencesDropped);
        }
    }

    [Fact]
    public void TableIsGivenBack()
    {
        CountingTableMemory memory = NewTableMemory();
        var state = new RmState(new RmStateOptions { InitialCapacity = 1, TableMemory = memory });

        // Somewhere in this range a growth is under way and an old table still held.
        for (int i = 0; i < 5000; i++)
        {
            state.RmAttach(Fakes.Address(i), Fakes.Leave);
        }

        Assert.NotEqual(0, memory.Outstanding);
        state.Dispose();
        Assert.Equal(0, memory.Outstanding);
    }
}
