using System.Runtime.InteropServices;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>RmRealloc: contents, alignment, and which blocks it refuses.</summary>
public sealed unsafe class ReallocationTests : LeakChecked
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ContentsSizeAndCountAreKept(bool knowsSizes)
    {
        CountingAllocator allocator = NewAllocator(knowsSizes: knowsSizes);
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(100);
        Fill(block, 0, 100);
        int size = 100;
        foreach (int next in new[] { 200, 100_000, 1_000_000, 5000, 1, 64 })
        {
            nint moved = state.RmRealloc(block, (nuint)next);

            AssertFilled(moved, Math.Min(size, next));
            Assert.Equal(1, state.RmCount(moved));
            Assert.Equal((nuint)next, state.RmSize(moved));
            Assert.Equal(next, state.Statistics.LiveBytes);
            Assert.Equal(moved == block, state.RmContains(block));
            Assert.Equal(1, allocator.Outstanding);
            Fill(moved, Math.Min(size, next), next);
            (block, size) = (moved, next);
        }

        Assert.Equal((1, 6, 0), (state.Statistics.Allocations, state.Statistics.Reallocations, state.Statistics.Frees));
        Assert.Equal(1_000_000, state.Statistics.PeakBytes);
        Assert.Equal(0, state.RmRelease(block));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MovedBlockLeavesItsOldAddress(bool knowsSizes)
    {
        var allocator = new ScriptedAllocator(knowsSizes);
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(10);

        allocator.Next = 0x2000_0000;
        Assert.Equal(0x2000_0000, state.RmRealloc(block, 20));

        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(block));
        Assert.Equal(20u, state.RmSize(0x2000_0000));
        Assert.Equal(0, state.RmRelease(0x2000_0000));
        Assert.Equal([0x2000_0000], allocator.Freed);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void MoveOntoAnAddressStillTrackedIsReportedAndTheMovedBlockWins(bool knowsSizes, bool attached)
    {
        var allocator = new ScriptedAllocator(knowsSizes);
        List<MemoryViolationException> reported = [];
        RmState state = NewState(new RmStateOptions { Allocator = allocator, OnViolation = reported.Add });
        nint block = state.RmMalloc(10);
        nint stale = attached ? Fakes.Address(5) : state.RmMalloc(30);
        if (attached)
        {
            state.RmAttach(stale, _ => Assert.Fail("its block is gone"), 30);
        }

        state.RmRetain(stale);

        allocator.Next = stale;
        Assert.Equal(stale, state.RmRealloc(block, 20));

        Assert.Equal(stale, Assert.IsType<AddressReusedException>(Assert.Single(reported)).Block);
        Assert.Equal((1, 20u), (state.RmCount(stale), state.RmSize(stale)));
        Assert.False(state.RmContains(block));
        Assert.Equal((1, 20, 1), (state.Statistics.LiveBlocks, state.Statistics.LiveBytes, state.Statistics.Abandoned));
        state.Verify();
        Assert.Equal(0, state.RmRelease(stale));
        Assert.Equal([stale], allocator.Freed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(64)]
    [InlineData(4096)]
    [InlineData(1 << 20)]
    public void AlignmentIsKept(int alignment)
    {
        RmState state = NewState(new RmStateOptions { Allocator = NewAllocator() });
        nint block = state.RmAlignedAlloc((nuint)alignment, 100);
        Fill(block, 0, 100);
        int size = 100;
        foreach (int next in new[] { 5000, 300_000, 64 })
        {
            block = state.RmRealloc(block, (nuint)next);
            Assert.Equal(0, block % alignment);
            AssertFilled(block, Math.Min(size, next));
            Fill(block, Math.Min(size, next), next);
            size = next;
        }

        // The allocator complains if it is told another alignment.
        Assert.Equal(0, state.RmRelease(block));
    }

    [Fact]
    public void NullIsAnAllocation()
    {
        RmState state = NewState();

        nint block = state.RmRealloc(0, 100);
        Assert.True(state.RmTryRealloc(0, 50, out nint other));

        Assert.Equal((1, 100u), (state.RmCount(block), state.RmSize(block)));
        Assert.Equal((1, 50u), (state.RmCount(other), state.RmSize(other)));
        Assert.Equal((2, 0), (state.Statistics.Allocations, state.Statistics.Reallocations));
        state.RmRelease(block);
        state.RmRelease(other);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(128)]
    public void SizeZeroIsABlockOfSizeZeroAndNoFree(int alignment)
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = alignment == 0 ? state.RmMalloc(100) : state.RmAlignedAlloc((nuint)alignment, 100);

        block = state.RmRealloc(block, 0);

        Assert.NotEqual(0, block);
        Assert.Equal((1, 0u), (state.RmCount(block), state.RmSize(block)));
        Assert.True(allocator.Holds(block));
        block = state.RmRealloc(block, 10);
        Assert.Equal(10u, state.RmSize(block));
        Assert.Equal(0, state.RmRelease(block));
    }

    [Fact]
    public void SharedBlockIsRefused()
    {
        RmState state = NewState(new RmStateOptions { Allocator = NewAllocator() });
        nint block = state.RmMalloc(100);
        Fill(block, 0, 100);
        state.RmRetain(block);
        StateSnapshot before = StateSnapshot.Of(state);

        Assert.Equal(block, Assert.Throws<SharedBlockException>(() => state.RmRealloc(block, 10)).Block);
        Assert.False(state.RmTryRealloc(block, 10, out nint resized));
        Assert.Equal(0, resized);

        before.AssertUnchanged(state, newViolations: 1);
        AssertFilled(block, 100);
        state.RmRelease(block);
        block = state.RmRealloc(block, 10);
        Assert.Equal(0, state.RmRelease(block));
    }

    [Fact]
    public void BlockWithADeallocatorOfItsOwnIsRefused()
    {
        RmState state = NewState();
        using PinnedBlocks pinned = new(Blocks);
        nint[] blocks = [Blocks.Malloc(), Blocks.Malloc(), Blocks.Malloc()];
        state.RmAttach(blocks[0], Blocks.Free, 64);
        state.RmAttach(blocks[1], &NativeBlocks.FreeOfCurrent, 64);
        state.RmAttach(blocks[2], &NativeBlocks.FreeWithContext, (void*)pinned.Context, 64);
        StateSnapshot before = StateSnapshot.Of(state);

        foreach (nint block in blocks)
        {
            Assert.Equal(block, Assert.Throws<ForeignBlockException>(() => state.RmRealloc(block, 10)).Block);
            Assert.False(state.RmTryRealloc(block, 10, out _));
        }

        before.AssertUnchanged(state, newViolations: 3);
        Assert.All(blocks, b => Assert.Equal(0, state.RmRelease(b)));
    }

    [Fact]
    public void BlockAttachedForFreeIsResizedOverTheDefaultAllocator()
    {
        RmState state = NewState();
        nint block = (nint)NativeMemory.Alloc(100);
        Fill(block, 0, 100);
        state.RmAttach(block);

        block = state.RmRealloc(block, 300_000);

        AssertFilled(block, 100);
        Assert.Equal((1, 300_000u), (state.RmCount(block), state.RmSize(block)));
        Assert.Equal(300_000, state.Statistics.LiveBytes);
        Assert.Equal(0, state.RmRelease(block));
        Assert.Equal(0, state.Statistics.LiveBytes);
    }

    [Fact]
    public void BlockAttachedForFreeIsForeignToAnotherAllocator()
    {
        RmState state = NewState(new RmStateOptions { Allocator = NewAllocator() });
        nint block = (nint)NativeMemory.Alloc(100);
        state.RmAttach(block);

        Assert.Throws<ForeignBlockException>(() => state.RmRealloc(block, 200));
        Assert.False(state.RmTryRealloc(block, 200, out _));

        Assert.Equal(0, state.RmRelease(block));
    }

    [Fact]
    public void UnknownPointerIsRefused()
    {
        RmState state = NewState();

        Assert.Throws<UntrackedPointerException>(() => state.RmRealloc(Fakes.Address(1), 10));
        Assert.False(state.RmTryRealloc(Fakes.Address(1), 10, out nint resized));

        Assert.Equal(0, resized);
        Assert.Equal(1, state.Statistics.Violations);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public void NoMemoryLeavesTheOldBlockUntouched(int alignment)
    {
        var faults = new FaultPlan();
        CountingAllocator allocator = NewAllocator(faults);
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = alignment == 0 ? state.RmMalloc(100) : state.RmAlignedAlloc((nuint)alignment, 100);
        Fill(block, 0, 100);
        StateSnapshot before = StateSnapshot.Of(state);
        faults.FailFromNow();

        Assert.Throws<OutOfMemoryException>(() => state.RmRealloc(block, 1000));
        Assert.False(state.RmTryRealloc(block, 1000, out nint resized));
        Assert.Equal(0, resized);

        before.AssertUnchanged(state);
        AssertFilled(block, 100);
        Assert.True(allocator.Holds(block));
        state.RmRelease(block);
    }

    [Fact]
    public void SizesBeyondTheShortOnesComeAndGo()
    {
        // From 64 MiB on a size needs a side record. Nothing is written to these blocks.
        RmState state = NewState(new RmStateOptions { Allocator = NewAllocator() });
        nint block = state.RmAlignedAlloc(64, 100);
        foreach (long size in new[] { 1L << 26, 50, (1L << 26) - 1, (1L << 26) - 2, 1L << 27, 1L << 26, 0, 1L << 28, 9 })
        {
            block = state.RmRealloc(block, (nuint)size);
            Assert.Equal(((nuint)size, size, 0), (state.RmSize(block), state.Statistics.LiveBytes, block % 64));
            state.Verify();
        }

        Assert.Equal(0, state.RmRelease(block));
        state.Verify();
    }

    [Fact]
    public void MoveToALongAddressIsTrackedOrRefusedEvenWithoutMemoryForItsEntry()
    {
        var faults = new FaultPlan();
        var allocator = new ScriptedAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator, TableMemory = NewTableMemory(faults) });
        nint block = state.RmMalloc(10);
        nint wide = unchecked((nint)(1L << 50));
        faults.FailFromNow();
        allocator.Next = wide;

        bool done = state.RmTryRealloc(block, 20, out nint resized);

        faults.Stop();
        Assert.Equal(1, state.Statistics.LiveBlocks);
        Assert.Equal(done ? wide : block, Assert.Single(state.RmBlocks).Address);
        Assert.Equal(done ? wide : 0, resized);
        state.Verify();
        state.RmRelease(done ? wide : block);
    }

    [Fact]
    public void ManyReallocationsOfManyBlocksLeaveNothingBehind()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, Allocator = NewAllocator() });
        var random = new Random(7);
        nint[] blocks = [.. Enumerable.Range(0, 300).Select(_ => state.RmMalloc(10))];
        for (int i = 0; i < 20_000; i++)
        {
            int at = random.Next(blocks.Length);
            blocks[at] = state.RmRealloc(blocks[at], (nuint)random.Next(3000));
        }

        Assert.Equal(300, state.Statistics.LiveBlocks);
        Assert.Equal(20_000, state.Statistics.Reallocations);
        state.Verify();
        Assert.All(blocks, b => Assert.Equal(0, state.RmRelease(b)));
    }

    private static void Fill(nint block, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            ((byte*)block)[i] = (byte)((i * 31L) & 0xFF);
        }
    }

    private static void AssertFilled(nint block, int size)
    {
        for (int i = 0; i < size; i++)
        {
            if (((byte*)block)[i] != (byte)((i * 31L) & 0xFF))
            {
                Assert.Fail($"byte {i} of {size} was not kept");
            }
        }
    }
}
