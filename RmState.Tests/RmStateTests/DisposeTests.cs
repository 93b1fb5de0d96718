using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>Dispose under each policy, and what a disposed state still does.</summary>
public sealed unsafe class DisposeTests : LeakChecked
{
    private static readonly Dictionary<string, Action<RmState>> Members = new(StringComparer.Ordinal)
    {
        ["RmMalloc"] = s => s.RmMalloc(1),
        ["RmMalloc<T>"] = s => s.RmMalloc<int>(),
        ["RmCalloc"] = s => s.RmCalloc(1, 1),
        ["RmAlignedAlloc"] = s => s.RmAlignedAlloc(64, 1),
        ["RmRealloc"] = s => s.RmRealloc(16, 1),
        ["RmRealloc of null"] = s => s.RmRealloc(0, 1),
        ["RmTryMalloc"] = s => s.RmTryMalloc(1, out _),
        ["RmTryCalloc"] = s => s.RmTryCalloc(1, 1, out _),
        ["RmTryAlignedAlloc"] = s => s.RmTryAlignedAlloc(64, 1, out _),
        ["RmTryRealloc"] = s => s.RmTryRealloc(16, 1, out _),
        ["RmAttach"] = s => s.RmAttach(16),
        ["RmAttach with size"] = s => s.RmAttach(16, 1),
        ["RmAttach with delegate"] = s => s.RmAttach(16, Fakes.Leave),
        ["RmAttach with function"] = s => s.RmAttach(16, &NativeBlocks.FreeOfCurrent),
        ["RmAttach with context"] = s => s.RmAttach(16, &NativeBlocks.FreeWithContext, null),
        ["RmTryAttach"] = s => s.RmTryAttach(16),
        ["RmTryAttach with delegate"] = s => s.RmTryAttach(16, Fakes.Leave),
        ["RmAttachOrRetain"] = s => s.RmAttachOrRetain(16),
        ["RmAttachOrRetain with delegate"] = s => s.RmAttachOrRetain(16, Fakes.Leave),
        ["RmRetain"] = s => s.RmRetain(16),
        ["RmTryRetain"] = s => s.RmTryRetain(16, out _),
        ["RmRelease"] = s => s.RmRelease(16),
        ["RmRelease of null"] = s => s.RmRelease(0),
        ["RmRelease by reference"] = s =>
        {
            nint block = 16;
            s.RmRelease(ref block);
        },
        ["RmRelease of null by reference"] = s =>
        {
            nint block = 0;
            s.RmRelease(ref block);
        },
        ["RmTryRelease"] = s => s.RmTryRelease(16, out _),
        ["RmDetach"] = s => s.RmDetach(16),
        ["RmTryDetach"] = s => s.RmTryDetach(16, out _),
        ["RmCount"] = s => s.RmCount(16),
        ["RmTryCount"] = s => s.RmTryCount(16, out _),
        ["RmContains"] = s => s.RmContains(16),
        ["RmSize"] = s => s.RmSize(16),
        ["RmTrySize"] = s => s.RmTrySize(16, out _),
        ["RmBlocks"] = s => s.RmBlocks.Count(),
        ["Trim"] = s => s.Trim(),
        ["Verify"] = s => s.Verify(),
        ["CreateReport"] = s => s.CreateReport(),
        ["Reset"] = s => s.Reset(),
    };

    public static TheoryData<string> MemberNames => [.. Members.Keys];

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
        RmState state = NewState(new RmStateOptions { DisposePolicy = RmDisposePolicy.ThrowIfLive, Allocator = NewAllocator(), Name = "strict" });
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

    [Theory]
    [MemberData(nameof(MemberNames))]
    public void MembersOfADisposedStateThrow(string member)
    {
        RmState state = NewState(new RmStateOptions { Name = "gone" });
        state.Dispose();

        ObjectDisposedException e = Assert.Throws<ObjectDisposedException>(() => Members[member](state));

        Assert.Contains(nameof(RmState), e.ObjectName, StringComparison.Ordinal);
        Assert.Equal(0, state.Statistics.Violations);
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
    public void ReportIsImmutableAndListsAtMostItsMaximum()
    {
        RmState state = NewState(new RmStateOptions { Name = "big" });
        for (int i = 0; i < RmLeakReport.MaxListed + 44; i++)
        {
            state.RmAttach(Fakes.Address(i), Fakes.Leave, 2);
        }

        RmLeakReport report = state.CreateReport();
        string text = report.ToString();
        state.Dispose();

        Assert.Equal((300, 600, 256), (report.LiveBlocks, report.LiveBytes, report.Blocks.Count));
        Assert.Equal(text, report.ToString());
        Assert.StartsWith("state 'big': 300 blocks live, 600 bytes of known size\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\n  and 44 more", text, StringComparison.Ordinal);
        Assert.Equal(258, text.Split('\n').Length);
    }

    [Fact]
    public void ReportOfOneBlockReadsWell()
    {
        RmState state = NewState();
        state.RmAttach(0x1230, Fakes.Leave);
        state.RmRetain(0x1230);
        string text = state.CreateReport().ToString();
        state.Reset();

        Assert.Equal("state 'unnamed': 1 blocks live, 0 bytes of known size\n  0x1230: count 2, size unknown", text);
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
