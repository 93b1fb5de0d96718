using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>RmRetain, RmRelease, RmCount and what they say.</summary>
public sealed class CountingTests : LeakChecked
{
    [Fact]
    public void RetainReturnsTheNewCountAndReleaseTheRemainingOne()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(8);
        for (long count = 2; count <= 300; count++)
        {
            Assert.Equal(count, state.RmRetain(block));
            Assert.Equal(count, state.RmCount(block));
        }

        for (long count = 299; count >= 1; count--)
        {
            Assert.Equal(count, state.RmRelease(block));
            Assert.Equal(count, state.RmCount(block));
            Assert.True(allocator.Holds(block));
        }

        Assert.Equal(0, state.RmRelease(block));
        Assert.False(allocator.Holds(block));
        Assert.Equal(1, allocator.Frees);
    }

    [Fact]
    public void CountsOfManyBlocksDoNotMix()
    {
        RmState state = NewState();
        nint[] blocks = [.. Enumerable.Range(0, 5000).Select(_ => state.RmMalloc(8))];
        for (int i = 0; i < blocks.Length; i++)
        {
            for (int n = 0; n < i % 7; n++)
            {
                state.RmRetain(blocks[i]);
            }
        }

        for (int i = 0; i < blocks.Length; i++)
        {
            Assert.Equal((i % 7) + 1, state.RmCount(blocks[i]));
        }

        for (int i = 0; i < blocks.Length; i++)
        {
            for (int n = i % 7; n >= 0; n--)
            {
                Assert.Equal(n, state.RmRelease(blocks[i]));
            }
        }
    }

    [Fact]
    public void UnknownPointerIsAViolationThatNamesItAndChangesNothing()
    {
        RmState state = NewState(new RmStateOptions { Name = "here" });
        nint known = state.RmMalloc(64);
        state.RmRetain(known);
        StateSnapshot before = StateSnapshot.Of(state);
        nint[] unknown = [known + 1, known + 8, known - 16, 1, -1, nint.MaxValue, nint.MinValue, Fakes.Address(1)];

        foreach (nint pointer in unknown)
        {
            Action[] calls =
            [
                () => state.RmRetain(pointer), () => state.RmRelease(pointer), () => state.RmDetach(pointer), () => state.RmCount(pointer),
                () => state.RmSize(pointer), () => state.RmRealloc(pointer, 10),
            ];
            Assert.All(calls, call =>
            {
                UntrackedPointerException violation = Assert.Throws<UntrackedPointerException>(call);
                Assert.Equal(pointer, violation.Block);
                Assert.Contains($"0x{pointer:x}", violation.Message, StringComparison.OrdinalIgnoreCase);
            });
            Assert.False(state.RmContains(pointer));
        }

        before.AssertUnchanged(state, newViolations: unknown.Length * 6);
        state.RmRelease(known);
        state.RmRelease(known);
    }

    [Fact]
    public void NullIsAnArgumentErrorExceptForRelease()
    {
        RmState state = NewState();
        StateSnapshot before = StateSnapshot.Of(state);

        Assert.Throws<ArgumentNullException>(() => state.RmRetain(0));
        Assert.Throws<ArgumentNullException>(() => state.RmAttach(0));
        Assert.Throws<ArgumentNullException>(() => state.RmAttach(0, 8));
        Assert.Throws<ArgumentNullException>(() => state.RmAttach(0, Fakes.Leave));
        Assert.Throws<ArgumentNullException>(() => state.RmAttachOrRetain(0));
        Assert.Throws<ArgumentNullException>(() => state.RmAttachOrRetain(0, Fakes.Leave));
        Assert.Throws<ArgumentNullException>(() => state.RmDetach(0));
        Assert.Throws<ArgumentNullException>(() => state.RmCount(0));
        Assert.Throws<ArgumentNullException>(() => state.RmSize(0));
        Assert.False(state.RmContains(0));
        Assert.Equal(0, state.RmRelease(0));

        before.AssertUnchanged(state);
    }

    [Fact]
    public void ReleaseByReferenceClearsTheVariable()
    {
        RmState state = NewState();
        nint first = state.RmMalloc(8);
        nint second = first;
        state.RmRetain(first);

        Assert.Equal(1, state.RmRelease(ref first));
        Assert.Equal(0, first);
        Assert.Equal(0, state.RmRelease(ref first));
        Assert.Equal(1, state.RmCount(second));
        Assert.Equal(0, state.RmRelease(ref second));
        Assert.Equal(0, second);
        Assert.Equal(2, state.Statistics.Releases);
    }

    [Fact]
    public void RefusedReleaseByReferenceLeavesTheVariable()
    {
        RmState state = NewState();
        nint unknown = Fakes.Address(3);

        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(ref unknown));

        Assert.Equal(Fakes.Address(3), unknown);
    }

    [Fact]
    public void LookupsChangeNothing()
    {
        RmState state = NewState();
        nint block = state.RmMalloc(8);
        StateSnapshot before = StateSnapshot.Of(state);

        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(1, state.RmCount(block));
            Assert.True(state.RmTryCount(block, out long count) && count == 1);
            Assert.True(state.RmContains(block));
            Assert.Equal(8u, state.RmSize(block));
            Assert.Equal(1, state.Statistics.LiveBlocks);
            Assert.Equal(1, state.CreateReport().LiveBlocks);
        }

        before.AssertUnchanged(state);
        state.RmRelease(block);
    }

    [Fact]
    public void ReleasingNeedsNoMemory()
    {
        var faults = new FaultPlan();
        RmState state = NewState(new RmStateOptions
        {
            InitialCapacity = 1,
            Allocator = NewAllocator(faults),
            TableMemory = NewTableMemory(faults),
        });
        List<nint> blocks = [.. Enumerable.Range(0, 2000).Select(i => i % 3 == 0 ? state.RmAlignedAlloc(64, 8) : state.RmMalloc(8))];
        for (int i = 0; i < 500; i++)
        {
            state.RmAttach(Fakes.Address(i), Fakes.Leave);
            blocks.Add(Fakes.Address(i));
        }

        for (int i = 0; i < 70_000; i++)
        {
            state.RmRetain(blocks[0]);
        }

        faults.FailFromNow();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 70_000; i++)
        {
            state.RmRelease(blocks[0]);
        }

        long managed = GC.GetAllocatedBytesForCurrentThread() - before;
        foreach (nint block in blocks)
        {
            Assert.Equal(0, state.RmRelease(block));
        }

        Assert.Equal(0, managed);
        Assert.Equal(0, state.Statistics.LiveBlocks);
        Assert.Equal(0, faults.Refused);
    }
}
