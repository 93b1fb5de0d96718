using System.Runtime.InteropServices;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>RmAttach and RmAttachOrRetain: blocks that somebody else allocated.</summary>
public sealed unsafe class AttachingTests : LeakChecked
{
    [Fact]
    public void BlockIsCountedOnceAndItsSizeIsUnknown()
    {
        RmState state = NewState();
        nint block = (nint)NativeMemory.Alloc(2048);

        state.RmAttach(block);

        Assert.Equal(1, state.RmCount(block));
        Assert.True(state.RmContains(block));
        Assert.False(state.RmTrySize(block, out nuint size));
        Assert.Equal(0u, size);
        Assert.Null(Assert.Single(state.RmBlocks).Size);
        Assert.Equal(0, state.Statistics.LiveBytes);
        Assert.Equal(0, state.RmRelease(block));
    }

    [Fact]
    public void SizeOfABlockWithoutOneIsInvalidButNoViolation()
    {
        RmState state = NewState();
        nint block = (nint)NativeMemory.Alloc(2048);
        state.RmAttach(block);

        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() => state.RmSize(block));

        Assert.IsNotAssignableFrom<MemoryViolationException>(e);
        Assert.Equal(0, state.Statistics.Violations);
        state.RmRelease(block);
    }

    [Fact]
    public void SizeGivenIsKept()
    {
        RmState state = NewState();
        nint plain = (nint)NativeMemory.Alloc(100);
        nint managed = Blocks.Malloc(200);
        nint native = Blocks.Malloc(300);
        nint context = Blocks.Malloc(400);
        using PinnedBlocks pinned = new(Blocks);

        state.RmAttach(plain, 100);
        state.RmAttach(managed, Blocks.Free, 200);
        state.RmAttach(native, &NativeBlocks.FreeOfCurrent, 300);
        state.RmAttach(context, &NativeBlocks.FreeWithContext, (void*)pinned.Context, 400);

        Assert.Equal([100u, 200u, 300u, 400u], new[] { plain, managed, native, context }.Select(state.RmSize));
        Assert.Equal(1000, state.Statistics.LiveBytes);
        foreach (nint block in new[] { plain, managed, native, context })
        {
            Assert.Equal(0, state.RmRelease(block));
        }

        Assert.Equal([managed, native, context], Blocks.Freed);
        Assert.Equal(0, state.Statistics.LiveBytes);
        Assert.Equal(1000, state.Statistics.PeakBytes);
    }

    [Fact]
    public void SizeZeroGivenIsASizeAndNotUnknown()
    {
        RmState state = NewState();
        nint block = Blocks.Malloc();
        state.RmAttach(block, Blocks.Free, 0);

        Assert.True(state.RmTrySize(block, out nuint size));
        Assert.Equal(0u, size);
        state.RmRelease(block);
    }

    [Theory]
    [InlineData(0xFFFF_FFFFUL)]
    [InlineData(0x1_0000_0000UL)]
    [InlineData((ulong)long.MaxValue)]
    [InlineData((1UL << 26) - 2)]
    [InlineData((1UL << 26) - 1)]
    [InlineData(1UL << 26)]
    public void LargeSizeIsKept(ulong size)
    {
        RmState state = NewState();
        nint block = Blocks.Malloc();
        state.RmAttach(block, Blocks.Free, (nuint)size);

        Assert.Equal((nuint)size, state.RmSize(block));
        Assert.Equal((nuint)size, Assert.Single(state.RmBlocks).Size);
        state.RmRelease(block);
        Assert.Equal(0, state.Statistics.LiveBytes);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 1)]
    [InlineData(1UL << 63)]
    public void SizeThatNoBlockHasIsRefused(ulong size)
    {
        RmState state = NewState();
        StateSnapshot before = StateSnapshot.Of(state);

        Assert.Throws<ArgumentOutOfRangeException>(() => state.RmAttach(Fakes.Address(1), (nuint)size));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.RmAttach(Fakes.Address(1), Fakes.Leave, (nuint)size));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.RmAttach(Fakes.Address(1), &NativeBlocks.FreeOfCurrent, (nuint)size));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.RmAttachOrRetain(Fakes.Address(1), Fakes.Leave, (nuint)size));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.RmTryAttach(Fakes.Address(1), Fakes.Leave, (nuint)size));

        before.AssertUnchanged(state);
    }

    [Fact]
    public void DefaultDeallocatorIsFree()
    {
        // A block this large is a mapping of its own, which free returns to the system; another thread may map the same place
        // again at once, so one of several must be seen unmapped.
        const int size = 64 << 20;
        RmState state = NewState();
        bool unmapped = false;
        for (int i = 0; i < 16 && !unmapped; i++)
        {
            nint block = (nint)NativeMemory.Alloc(size);
            state.RmAttach(block);
            state.RmRetain(block);
            state.RmRelease(block);
            Assert.True(LibC.IsMapped(block + (size / 2)), "freed before the last release");
            Assert.Equal(0, state.RmRelease(block));
            unmapped = !LibC.IsMapped(block + (size / 2));
        }

        Assert.True(unmapped, "no block was freed by its last release");
    }

    [Fact]
    public void EachKindOfDeallocatorRunsOnceAtTheLastRelease()
    {
        RmState state = NewState();
        using PinnedBlocks pinned = new(Blocks);
        nint managed = Blocks.Malloc();
        nint native = Blocks.Malloc();
        nint context = Blocks.Malloc();
        state.RmAttach(managed, Blocks.Free);
        state.RmAttach(native, &NativeBlocks.FreeOfCurrent);
        state.RmAttach(context, &NativeBlocks.FreeWithContext, (void*)pinned.Context);

        foreach (nint block in new[] { managed, native, context })
        {
            Assert.Equal(2, state.RmRetain(block));
            Assert.Equal(1, state.RmRelease(block));
            Assert.True(Blocks.IsLive(block));
            Assert.Equal(0, state.RmRelease(block));
            Assert.False(Blocks.IsLive(block));
            Assert.Throws<UntrackedPointerException>(() => state.RmRelease(block));
        }

        Assert.Equal([managed, native, context], Blocks.Freed);
    }

    [Fact]
    public void AttachOfATrackedPointerIsRefusedAndTheCountUnchanged()
    {
        RmState state = NewState(new RmStateOptions { Allocator = NewAllocator() });
        using PinnedBlocks pinned = new(Blocks);
        nint context = pinned.Context;
        nint own = state.RmMalloc(10);
        nint attached = Blocks.Malloc();
        state.RmAttach(attached, Blocks.Free);
        state.RmRetain(attached);
        StateSnapshot before = StateSnapshot.Of(state);

        foreach (nint block in new[] { own, attached })
        {
            Action[] attaches =
            [
                () => state.RmAttach(block), () => state.RmAttach(block, 5), () => state.RmAttach(block, Fakes.Leave),
                () => state.RmAttach(block, &NativeBlocks.FreeOfCurrent),
                () => state.RmAttach(block, &NativeBlocks.FreeWithContext, (void*)context),
            ];
            Assert.All(attaches, attach => Assert.Equal(block, Assert.Throws<AlreadyTrackedException>(attach).Block));
            Assert.False(state.RmTryAttach(block));
            Assert.False(state.RmTryAttach(block, Fakes.Leave, 9));
        }

        before.AssertUnchanged(state, newViolations: 10);
        Assert.Equal(1, state.RmRelease(attached));
        Assert.Equal(0, state.RmRelease(attached));
        Assert.Equal(0, state.RmRelease(own));
        Assert.Equal([attached], Blocks.Freed);
    }

    [Fact]
    public void AttachOrRetainAttachesThenRetains()
    {
        RmState state = NewState();
        nint block = Blocks.Malloc();

        Assert.Equal(1, state.RmAttachOrRetain(block, Blocks.Free, 64));
        Assert.Equal(2, state.RmAttachOrRetain(block, _ => Assert.Fail("the first deallocator counts"), 9));
        Assert.Equal(3, state.RmAttachOrRetain(block));

        Assert.Equal(64u, state.RmSize(block));
        Assert.Equal((1, 2), (state.Statistics.Attaches, state.Statistics.Retains));
        Assert.Equal(2, state.RmRelease(block));
        Assert.Equal(1, state.RmRelease(block));
        Assert.Equal(0, state.RmRelease(block));
        Assert.Equal([block], Blocks.Freed);
    }

    [Fact]
    public void AttachOrRetainOfAnOwnBlockRetainsIt()
    {
        RmState state = NewState(new RmStateOptions { Allocator = NewAllocator() });
        nint block = state.RmMalloc(10);

        Assert.Equal(2, state.RmAttachOrRetain(block));
        Assert.Equal(3, state.RmAttachOrRetain(block, Fakes.Leave));

        Assert.Equal(0, state.Statistics.Attaches);
        state.RmRelease(block);
        state.RmRelease(block);
        Assert.Equal(0, state.RmRelease(block));
    }

    [Fact]
    public void AttachOrRetainWithoutADeallocatorAttachesForFree()
    {
        RmState state = NewState();
        nint block = (nint)NativeMemory.Alloc(10);

        Assert.Equal(1, state.RmAttachOrRetain(block));
        Assert.Equal(2, state.RmAttachOrRetain(block));

        Assert.Equal(1, state.RmRelease(block));
        Assert.Equal(0, state.RmRelease(block));
    }

    [Fact]
    public void NullDeallocatorIsRefusedAndTheBlockStaysTheCallers()
    {
        RmState state = NewState();
        nint block = Blocks.Malloc();

        Assert.Throws<ArgumentNullException>(() => state.RmAttach(block, (Action<nint>)null!));
        Assert.Throws<ArgumentNullException>(() => state.RmAttachOrRetain(block, (Action<nint>)null!));
        Assert.Throws<ArgumentNullException>(() => state.RmAttach(block, (delegate* unmanaged<void*, void>)null));
        Assert.Throws<ArgumentNullException>(() => state.RmAttach(block, (delegate* unmanaged<void*, void*, void>)null, null));

        Assert.False(state.RmContains(block));
        Assert.Equal(0, state.Statistics.Attaches);
        Blocks.Free(block);
    }

    [Fact]
    public void NullContextIsPassedOn()
    {
        RmState state = NewState();
        state.RmAttach(Fakes.Address(1), &CountNullContexts, null);
        _nullContexts = 0;

        Assert.Equal(0, state.RmRelease(Fakes.Address(1)));

        Assert.Equal(1, _nullContexts);
    }

    [Fact]
    public void OneBlockMayBeAttachedAgainAfterItsRelease()
    {
        RmState state = NewState();
        List<string> calls = [];
        nint block = Fakes.Address(1);
        for (int round = 0; round < 50; round++)
        {
            string name = $"round {round}";
            state.RmAttach(block, _ => calls.Add(name), (nuint)round);
            Assert.Equal((nuint)round, state.RmSize(block));
            Assert.Equal(0, state.RmRelease(block));
        }

        Assert.Equal(Enumerable.Range(0, 50).Select(r => $"round {r}"), calls, StringComparer.Ordinal);
    }

    [Fact]
    public void InteriorPointersAreBlocksOfTheirOwn()
    {
        RmState state = NewState();
        nint outer = state.RmMalloc(1000);
        state.RmAttach(outer + 1, Fakes.Leave);
        state.RmAttach(outer + 16, Fakes.Leave);

        Assert.Equal(2, state.RmRetain(outer + 1));
        Assert.Equal(1, state.RmCount(outer));
        Assert.Throws<UntrackedPointerException>(() => state.RmCount(outer + 2));

        state.RmRelease(outer + 1);
        state.RmRelease(outer + 1);
        state.RmRelease(outer + 16);
        Assert.Equal(0, state.RmRelease(outer));
    }

    [ThreadStatic]
    private static int _nullContexts;

    [UnmanagedCallersOnly]
    private static void CountNullContexts(void* block, void* context) => _nullContexts += context is null ? 1 : 1000;
}
