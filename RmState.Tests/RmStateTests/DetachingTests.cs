using System.Runtime.InteropServices;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>RmDetach: the state forgets a block and leaves it to the caller.</summary>
public sealed unsafe class DetachingTests : LeakChecked
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(500)]
    public void DetachReturnsTheRemainingCountAndFreesNothing(int references)
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(100);
        *(long*)block = 0x1122334455667788;
        for (int i = 1; i < references; i++)
        {
            state.RmRetain(block);
        }

        Assert.Equal(references - 1, state.RmDetach(block));

        Assert.True(allocator.Holds(block));
        Assert.Equal(0x1122334455667788, *(long*)block);
        Assert.False(state.RmContains(block));
        Assert.Throws<UntrackedPointerException>(() => state.RmDetach(block));
        Assert.Equal((0, 0, 1, references), (state.Statistics.LiveBlocks, state.Statistics.LiveBytes, state.Statistics.Detaches,
            state.Statistics.ReferencesDropped));
        allocator.FreeDetached(block);
    }

    [Fact]
    public void DeallocatorOfADetachedBlockNeverRuns()
    {
        RmState state = NewState();
        using PinnedBlocks pinned = new(Blocks);
        nint managed = Blocks.Malloc();
        nint native = Blocks.Malloc();
        nint context = Blocks.Malloc();
        state.RmAttach(managed, Blocks.Free);
        state.RmAttach(native, &NativeBlocks.FreeOfCurrent);
        state.RmAttach(context, &NativeBlocks.FreeWithContext, (void*)pinned.Context);

        Assert.Equal(0, state.RmDetach(managed));
        Assert.Equal(0, state.RmDetach(native));
        Assert.Equal(0, state.RmDetach(context));
        state.Dispose();

        Assert.Equal(3, Blocks.Live);
        Blocks.Free(managed);
        Blocks.Free(native);
        Blocks.Free(context);
    }

    [Fact]
    public void DetachedBlockCanBeAttachedAgain()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(100);
        state.RmDetach(block);

        state.RmAttach(block, allocator.FreeDetached);

        Assert.Equal(1, state.RmCount(block));
        Assert.False(state.RmTrySize(block, out _));
        Assert.Equal(0, state.RmRelease(block));
        Assert.Equal(0, allocator.Outstanding);
    }

    [Fact]
    public void DetachedBlockCanMoveToAnotherState()
    {
        RmState first = NewState();
        RmState second = NewState();
        nint block = first.RmMalloc(100);
        *(int*)block = 42;

        Assert.Equal(0, first.RmDetach(block));
        second.RmAttach(block, 100);

        Assert.Equal(42, *(int*)block);
        Assert.Equal(0, second.RmRelease(block));
    }

    [Fact]
    public void WideCountIsReturned()
    {
        RmState state = NewState();
        nint block = Fakes.Address(1);
        state.RmAttach(block, Fakes.Leave);
        state.PresetCount(block, 5_000_000_000);

        Assert.Equal(4_999_999_999, state.RmDetach(block));

        Assert.False(state.RmContains(block));
        Assert.Empty(state.RmBlocks);
        state.Verify();
    }

    [Fact]
    public void DetachNeedsNoMemory()
    {
        var faults = new FaultPlan();
        CountingAllocator allocator = NewAllocator(faults);
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, Allocator = allocator, TableMemory = NewTableMemory(faults) });
        nint[] blocks = [.. Enumerable.Range(0, 2000).Select(i => state.RmMalloc(8))];
        faults.FailFromNow();

        Assert.All(blocks, b => Assert.Equal(0, state.RmDetach(b)));

        Assert.Equal(0, faults.Refused);
        Assert.All(blocks, allocator.FreeDetached);
    }

    [Fact]
    public void BlockAttachedForFreeIsMallocsAgainAfterDetach()
    {
        RmState state = NewState();
        nint block = (nint)NativeMemory.Alloc(32);
        state.RmAttach(block);
        state.RmRetain(block);

        Assert.Equal(1, state.RmDetach(block));

        // glibc aborts the process on a pointer that is not its own, or not any more.
        NativeMemory.Free((void*)block);
        Assert.Equal(0, state.Statistics.LiveBlocks);
    }
}
