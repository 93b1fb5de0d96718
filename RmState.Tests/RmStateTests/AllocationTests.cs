using System.Runtime.InteropServices;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>RmMalloc, RmCalloc and RmAlignedAlloc, over every kind of allocator.</summary>
public sealed unsafe class AllocationTests : LeakChecked
{
    // Over libc itself; over an allocator that keeps no sizes; over one that does.
    public static TheoryData<string> Allocators => ["default", "counting", "sized"];

    public static TheoryData<int> Alignments => [.. Enumerable.Range(0, 21).Select(shift => 1 << shift)];

    [Theory]
    [MemberData(nameof(Allocators))]
    public void BlockIsWritableHasItsSizeAndOneReference(string allocator)
    {
        RmState state = StateOver(allocator);
        foreach (int size in new[] { 1, 15, 16, 17, 2048, 100_000, 5_000_000 })
        {
            nint block = state.RmMalloc((nuint)size);
            new Span<byte>((void*)block, size).Fill(0xA5);

            Assert.Equal(1, state.RmCount(block));
            Assert.True(state.RmContains(block));
            Assert.Equal((nuint)size, state.RmSize(block));
            Assert.Equal(0, block % 16);
            Assert.Equal(0, state.RmRelease(block));
            Assert.False(state.RmContains(block));
        }
    }

    [Theory]
    [MemberData(nameof(Allocators))]
    public void SizeZeroIsAUniqueBlockOfSizeZero(string allocator)
    {
        RmState state = StateOver(allocator);
        nint[] blocks =
        [
            state.RmMalloc(0), state.RmMalloc(0), state.RmCalloc(0, 8),
            state.RmCalloc(8, 0), state.RmCalloc(0, 0), state.RmAlignedAlloc(64, 0),
            (nint)state.RmMalloc<long>(0),
        ];

        Assert.DoesNotContain((nint)0, blocks);
        Assert.Equal(blocks.Length, blocks.Distinct().Count());
        Assert.All(blocks, b => Assert.Equal(0u, state.RmSize(b)));
        Assert.Equal(0, state.Statistics.LiveBytes);
        Assert.All(blocks, b => Assert.Equal(0, state.RmRelease(b)));
    }

    [Theory]
    [MemberData(nameof(Allocators))]
    public void CallocIsZeroedAndOfTheProductsSize(string allocator)
    {
        RmState state = StateOver(allocator);
        for (int round = 0; round < 10; round++)
        {
            nint dirty = state.RmMalloc(30 * 8);
            new Span<byte>((void*)dirty, 30 * 8).Fill(0xFF);
            state.RmRelease(dirty);

            nint block = state.RmCalloc(30, 8);
            Assert.Equal(240u, state.RmSize(block));
            Assert.Equal(-1, new Span<byte>((void*)block, 240).IndexOfAnyExcept((byte)0));
            state.RmRelease(block);
        }
    }

    [Theory]
    [MemberData(nameof(Allocators))]
    public void CallocWhoseProductOverflowsIsOutOfMemory(string allocator)
    {
        RmState state = StateOver(allocator);
        StateSnapshot before = StateSnapshot.Of(state);

        Assert.Throws<OutOfMemoryException>(() => state.RmCalloc(nuint.MaxValue, 2));
        Assert.Throws<OutOfMemoryException>(() => state.RmCalloc(2, nuint.MaxValue));
        Assert.Throws<OutOfMemoryException>(() => state.RmCalloc((nuint)1 << 32, (nuint)1 << 32));
        Assert.Throws<OutOfMemoryException>(() => state.RmCalloc(((nuint)1 << 61) + 1, 8));
        Assert.False(state.RmTryCalloc((nuint)1 << 32, (nuint)1 << 32, out nint block));
        Assert.Equal(0, block);

        before.AssertUnchanged(state);
    }

    [Theory]
    [MemberData(nameof(Allocators))]
    public void ImpossibleSizeIsOutOfMemoryAndChangesNothing(string allocator)
    {
        RmState state = StateOver(allocator);
        nint kept = state.RmMalloc(10);
        StateSnapshot before = StateSnapshot.Of(state);

        foreach (nuint size in new[] { nuint.MaxValue, nuint.MaxValue - 31, (nuint)nint.MaxValue, (nuint)1 << 62 })
        {
            Assert.Throws<OutOfMemoryException>(() => state.RmMalloc(size));
            Assert.Throws<OutOfMemoryException>(() => state.RmCalloc(1, size));
            Assert.Throws<OutOfMemoryException>(() => state.RmAlignedAlloc(4096, size));
            Assert.Throws<OutOfMemoryException>(() => state.RmRealloc(0, size));
            Assert.Throws<OutOfMemoryException>(() => (nint)state.RmMalloc<byte>(size));
        }

        before.AssertUnchanged(state);
        state.RmRelease(kept);
    }

    [Theory]
    [MemberData(nameof(Alignments))]
    public void AlignedBlocksAreAligned(int alignment)
    {
        RmState state = StateOver("counting");
        nint[] blocks = [.. new nuint[] { 0, 1, 33, 4097 }.Select(size => state.RmAlignedAlloc((nuint)alignment, size))];

        Assert.All(blocks, b => Assert.Equal(0, b % alignment));
        Assert.Equal(4097u, state.RmSize(blocks[3]));

        // The allocator complains if it is told another alignment at the free.
        Assert.All(blocks, b => Assert.Equal(0, state.RmRelease(b)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(24)]
    [InlineData(4095)]
    [InlineData(-1)]
    public void AlignmentMustBeAPowerOfTwo(long alignment)
    {
        RmState state = NewState();
        StateSnapshot before = StateSnapshot.Of(state);

        Assert.Throws<ArgumentOutOfRangeException>(() => state.RmAlignedAlloc(unchecked((nuint)alignment), 64));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.RmTryAlignedAlloc(unchecked((nuint)alignment), 64, out _));

        before.AssertUnchanged(state);
    }

    [Fact]
    public void LargestAlignmentIsAGibibyte()
    {
        RmState state = NewState();

        nint block = state.RmAlignedAlloc(1 << 30, 100);
        Assert.Equal(0, block % (1 << 30));
        Assert.Equal((1, 100u), (state.RmCount(block), state.RmSize(block)));
        Assert.Equal(0, state.RmRelease(block));

        Assert.Throws<ArgumentOutOfRangeException>(() => state.RmAlignedAlloc((nuint)1 << 31, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.RmAlignedAlloc((nuint)1 << 63, 1));
        Assert.Equal(0, state.Statistics.LiveBlocks);
    }

    [Theory]
    [MemberData(nameof(Allocators))]
    public void SizesAroundEveryPowerOfTwoAreKept(string allocator)
    {
        // Not written to, so the large ones cost address space only.
        RmState state = StateOver(allocator);
        for (int shift = 4; shift <= 33; shift++)
        {
            nint[] blocks = [.. Enumerable.Range(-3, 6).Select(d => state.RmMalloc((nuint)((1L << shift) + d)))];
            for (int i = 0; i < blocks.Length; i++)
            {
                Assert.Equal((nuint)((1L << shift) + i - 3), state.RmSize(blocks[i]));
            }

            state.Verify();
            Assert.All(blocks, b => Assert.Equal(0, state.RmRelease(b)));
            Assert.Equal(0, state.Statistics.LiveBytes);
        }
    }

    [Fact]
    public void BytesAreRightAfterAnAddressStillTrackedWasHandedOutAgain()
    {
        foreach (bool knowsSizes in new[] { false, true })
        {
            CountingAllocator allocator = NewAllocator(knowsSizes: knowsSizes);
            RmState state = NewState(new RmStateOptions { Allocator = allocator });
            nint block = state.RmMalloc(1000);
            allocator.FreeDetached(block);
            List<nint> made = [];
            while (state.Statistics.Abandoned == 0)
            {
                made.Add(state.RmMalloc(1000));
                Assert.True(made.Count < 10_000, "malloc does not reuse the address");
            }

            Assert.Equal(1000 * made.Count, state.Statistics.LiveBytes);
            state.Verify();
            Assert.All(made, b => Assert.Equal(0, state.RmRelease(b)));
        }
    }

    [Fact]
    public void TypedBlockHoldsItsElements()
    {
        RmState state = NewState();
        long* numbers = state.RmMalloc<long>(1000);
        Guid* one = state.RmMalloc<Guid>();

        Assert.Equal(8000u, state.RmSize((nint)numbers));
        Assert.Equal((nuint)sizeof(Guid), state.RmSize((nint)one));
        new Span<long>(numbers, 1000).Fill(-1);

        state.RmRelease((nint)numbers);
        state.RmRelease((nint)one);
    }

    [Fact]
    public void TypedBlockWhoseSizeOverflowsIsOutOfMemory()
    {
        RmState state = NewState();

        // 2^61 + 1 longs would be 8 bytes if the product wrapped.
        Assert.Throws<OutOfMemoryException>(() => (nint)state.RmMalloc<long>(((nuint)1 << 61) + 1));
        Assert.Throws<OutOfMemoryException>(() => (nint)state.RmMalloc<Guid>(nuint.MaxValue));

        Assert.Equal(0, state.Statistics.Allocations);
    }

    [Fact]
    public void DefaultBlocksAreMallocsSoThatNativeCodeMayFreeThemAfterDetach()
    {
        RmState state = NewState();
        nint plain = state.RmMalloc(100);
        nint zeroed = state.RmCalloc(10, 10);
        nint resized = state.RmRealloc(state.RmMalloc(10), 5000);

        foreach (nint block in new[] { plain, zeroed, resized })
        {
            Assert.Equal(0, state.RmDetach(block));

            // glibc aborts the process on a pointer that is not its own.
            NativeMemory.Free((void*)block);
        }
    }

    [Fact]
    public void ReleasedAddressComesBackAsANewBlock()
    {
        var allocator = new ScriptedAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(100);
        state.RmRetain(block);
        state.RmRelease(block);
        state.RmRelease(block);

        for (int round = 1; round <= 100; round++)
        {
            allocator.Next = block;
            Assert.Equal(block, state.RmMalloc((nuint)round));

            Assert.Equal(1, state.RmCount(block));
            Assert.Equal((nuint)round, state.RmSize(block));
            Assert.Equal(0, state.RmRelease(block));
            Assert.Throws<UntrackedPointerException>(() => state.RmRelease(block));
        }

        Assert.Equal(101, allocator.Freed.Count);
        Assert.Equal(0, state.Statistics.Abandoned);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AddressStillTrackedIsReportedAndTheNewBlockWins(bool knowsSizes)
    {
        var allocator = new ScriptedAllocator(knowsSizes);
        List<MemoryViolationException> reported = [];
        RmState state = NewState(new RmStateOptions { Allocator = allocator, OnViolation = reported.Add });
        nint block = state.RmMalloc(100);
        state.RmRetain(block);
        state.RmRetain(block);

        allocator.Next = block;
        Assert.Equal(block, state.RmMalloc(7));

        AddressReusedException violation = Assert.IsType<AddressReusedException>(Assert.Single(reported));
        Assert.Equal(block, violation.Block);
        Assert.Equal(1, state.RmCount(block));
        Assert.Equal(7u, state.RmSize(block));
        RmStatistics statistics = state.Statistics;
        Assert.Equal((1, 7, 2, 1, 3, 1), (statistics.LiveBlocks, statistics.LiveBytes, statistics.Allocations, statistics.Abandoned,
            statistics.ReferencesDropped, statistics.Violations));
        state.Verify();

        Assert.Equal(0, state.RmRelease(block));
        Assert.Equal([block], allocator.Freed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AddressOfAnAttachedBlockHandedOutAgainDropsItsDeallocator(bool knowsSizes)
    {
        var allocator = new ScriptedAllocator(knowsSizes);
        List<MemoryViolationException> reported = [];
        List<nint> deallocated = [];
        RmState state = NewState(new RmStateOptions { Allocator = allocator, OnViolation = reported.Add });
        state.RmAttach(0x7777_0000, deallocated.Add, size: 50);

        allocator.Next = 0x7777_0000;
        nint block = state.RmMalloc(7);

        Assert.IsType<AddressReusedException>(Assert.Single(reported));
        Assert.Equal(7, state.Statistics.LiveBytes);
        Assert.Equal(0, state.RmRelease(block));
        Assert.Empty(deallocated);
        Assert.Equal([block], allocator.Freed);
    }

    [Fact]
    public void WhatOnViolationThrowsSurfacesAndNothingIsLost()
    {
        var allocator = new ScriptedAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator, OnViolation = v => throw v });
        nint block = state.RmMalloc(100);

        allocator.Next = block;
        Assert.Throws<AddressReusedException>(() => state.RmMalloc(7));

        state.Verify();
        Assert.Equal(1, state.Statistics.Violations);

        // Whoever ends up as the owner, the address is known at most once and freed once by the state.
        Assert.InRange(state.Statistics.LiveBlocks, 0, 1);
        state.RmTryRelease(block, out _);
        Assert.InRange(allocator.Freed.Count, 0, 1);
    }

    private RmState StateOver(string allocator) => allocator switch
    {
        "default" => NewState(),
        "counting" => NewState(new RmStateOptions { Allocator = NewAllocator() }),
        "sized" => NewState(new RmStateOptions { Allocator = NewAllocator(knowsSizes: true) }),
        _ => throw new ArgumentOutOfRangeException(nameof(allocator)),
    };
}
