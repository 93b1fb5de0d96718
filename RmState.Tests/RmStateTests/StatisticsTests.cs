using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.RmStateTests;

/// <summary>The always-on counters, one by one and after random work.</summary>
public sealed class StatisticsTests : LeakChecked
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    [Fact]
    public void EachCallCountsOnce()
    {
        RmState state = NewState();
        nint a = state.RmMalloc(10);
        nint b = state.RmCalloc(2, 10);
        nint c = state.RmAlignedAlloc(64, 30);
        nint d = state.RmRealloc(0, 40);
        a = state.RmRealloc(a, 50);
        state.RmAttach(Fakes.Address(1), Fakes.Leave, 7);
        state.RmAttachOrRetain(Fakes.Address(2), Fakes.Leave);
        state.RmAttachOrRetain(Fakes.Address(2), Fakes.Leave);
        state.RmRetain(b);
        Assert.True(state.RmTryRetain(b, out _));
        state.RmRelease(b);
        state.RmRelease(c);
        state.RmDetach(Fakes.Address(2));

        RmStatistics s = state.Statistics;
        Assert.Equal((4, 1, 2, 3, 2), (s.Allocations, s.Reallocations, s.Attaches, s.Retains, s.Releases));
        Assert.Equal((1, 1, 0, 2, 0), (s.Detaches, s.Frees, s.Abandoned, s.ReferencesDropped, s.Violations));
        Assert.Equal((4, 6, 50 + 20 + 40 + 7), (s.LiveBlocks, s.PeakBlocks, s.LiveBytes));
        Assert.Equal(10 + 20 + 30 + 40 + 40 + 7, s.PeakBytes);
        state.Reset();
        Assert.Equal(0, d & 15);
    }

    [Fact]
    public void ViolationsCountWhenThrownButNotTheFalseOfTryForms()
    {
        RmState state = NewState();
        for (int i = 1; i <= 5; i++)
        {
            Assert.ThrowsAny<InvalidOperationException>(() => state.RmRelease(Fakes.Address(1)));
            Assert.False(state.RmTryRelease(Fakes.Address(1), out _));
            Assert.Equal(i, state.Statistics.Violations);
        }
    }

    [Fact]
    public void ArgumentErrorsAndMissingMemoryAreNoViolations()
    {
        RmState state = NewState();
        Assert.Throws<ArgumentNullException>(() => state.RmRetain(0));
        Assert.Throws<OutOfMemoryException>(() => state.RmMalloc(nuint.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.RmAlignedAlloc(3, 1));

        Assert.Equal(0, state.Statistics.Violations);
    }

    [Fact]
    public void PeaksStay()
    {
        RmState state = NewState();
        nint[] blocks = [.. Enumerable.Range(0, 100).Select(_ => state.RmMalloc(1000))];
        Assert.All(blocks, b => state.RmRelease(b));
        nint last = state.RmMalloc(5);

        Assert.Equal((1, 100, 5, 100_000), (state.Statistics.LiveBlocks, state.Statistics.PeakBlocks, state.Statistics.LiveBytes,
            state.Statistics.PeakBytes));
        state.RmRelease(last);
    }

    [Fact]
    public void SnapshotsDoNotChangeAndAllocateNothing()
    {
        RmState state = NewState();
        RmStatistics before = state.Statistics;
        nint block = state.RmMalloc(5);
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        RmStatistics after = state.Statistics;

        Assert.Equal(bytes, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal((0, 1), (before.LiveBlocks, after.LiveBlocks));
        state.RmRelease(block);
    }

    [Fact]
    public void StayReadableAfterDispose()
    {
        var state = new RmState();
        state.RmMalloc(5);
        state.RmMalloc(6);
        state.Dispose();

        RmStatistics s = state.Statistics;
        Assert.Equal((0, 2, 2, 2, 0), (s.LiveBlocks, s.PeakBlocks, s.Allocations, s.Frees, s.TableBytes));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void InvariantsHoldAfterRandomWork(int seed)
    {
        CountingAllocator allocator = NewAllocator(knowsSizes: seed % 2 == 0);
        RmState state = NewState(new RmStateOptions
        {
            InitialCapacity = 1,
            Seed = (ulong)seed,
            Allocator = allocator,
            TableMemory = NewTableMemory(),
        });
        var work = new RandomWork(state, seed);
        for (int i = 0; i < 200; i++)
        {
            work.Run(100);
            RmStatistics s = state.Statistics;
            Assert.True(s.LiveBlocks == s.Allocations + s.Attaches - s.Frees - s.Detaches - s.Abandoned, $"seed {seed}: {s}");
            Assert.True(
                state.RmBlocks.Sum(b => b.Count) == s.Allocations + s.Attaches + s.Retains - s.Releases - s.ReferencesDropped,
                $"seed {seed}: {s}");
            Assert.True(s.LiveBytes == state.RmBlocks.Sum(b => (long)(b.Size ?? 0)), $"seed {seed}: {s}");
            Assert.True(
                s.PeakBlocks >= s.LiveBlocks && s.PeakBytes >= s.LiveBytes && s.Capacity >= s.LiveBlocks + s.DeadSlots,
                $"seed {seed}: {s}");
            state.Verify();
        }

        work.AssertModelMatches();
        work.ReleaseAll();
        Assert.Equal(0, allocator.Outstanding);
        Assert.Equal(0, state.Statistics.LiveBlocks);
    }
}
