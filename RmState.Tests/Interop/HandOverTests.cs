using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Rm.Arenas;
using Rm.Diagnostics;
using Rm.Interop;
using Rm.Memory;
using Rm.Tests.Faults;
using Rm.Violations;

namespace Rm.Tests.Interop;

/// <summary>A block handed over leaves one state and comes to another with all that is known of it, and is freed once, where it belongs.</summary>
public sealed unsafe class HandOverTests : HandOverStates
{
    [Theory]
    [MemberData(nameof(PairsOfKinds))]
    public void ABlockMovesWithItsCountAndSize(Kind giving, Kind receiving)
    {
        RmState from = NewState(giving);
        RmState to = NewState(receiving);
        var inbox = new RmInbox(to);
        foreach (int count in new[] { 1, 2, 60, 61, 127, 128, 300 })
        {
            nint block = from.RmMalloc(100);
            nuint size = from.RmSize(block);
            ((byte*)block)[99] = 7;
            Retain(from, block, count - 1);

            from.RmTransferTo(block, inbox);

            Assert.False(from.RmContains(block));
            Assert.False(to.RmContains(block));
            Assert.False(inbox.IsEmpty);
            Assert.Equal(1, to.RmReceive());
            Assert.True(inbox.IsEmpty);
            Assert.Equal(count, to.RmCount(block));
            Assert.Equal(size, to.RmSize(block));
            Assert.Equal(7, ((byte*)block)[99]);
            Verify(from, to);

            long used = UsedBy(from);
            ReleaseAll(to, block);
            Assert.Equal(0, to.Statistics.LiveBlocks);
            Assert.Equal(IsThreadBound(giving) ? 1 : 0, from.RmReceive());
            Verify(from, to);
            Assert.True(UsedBy(from) <= used);
        }

        Assert.Equal(0, UsedBy(from));
        RmStatistics there = to.Statistics;
        Assert.Equal((7L, 7L, 0L), (there.Attaches, there.Frees, there.ReferencesDropped));
        Assert.Equal(679 - 7, there.Retains);
        Assert.Equal(679, there.Releases);
        RmStatistics here = from.Statistics;
        Assert.Equal((7L, 0L, 0L, 679L), (here.Detaches, here.Frees, here.LiveBytes, here.ReferencesDropped));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ABlockThatComesHomeIsLikeAnyOther(Kind kind)
    {
        RmState home = NewState(kind);
        RmState away = NewState();
        foreach (int count in new[] { 1, 100, 200 })
        {
            nint block = home.RmMalloc(100);
            Retain(home, block, count - 1);
            home.RmTransferTo(block, new RmInbox(away));
            away.RmReceive();
            away.RmTransferTo(block, new RmInbox(home));
            Assert.Equal(1, home.RmReceive());

            Assert.Equal(count, home.RmCount(block));
            Verify(home, away);
            for (int i = 1; i < count; i++)
            {
                home.RmRelease(block);
            }

            // Only blocks of the state's own allocator can be resized.
            block = home.RmRealloc(block, 200);
            Assert.Equal(0, home.RmRelease(block));
            Assert.Equal(0, UsedBy(home));
            Assert.Equal(0, home.RmReceive());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ABlockGoesOnToAThirdState(Kind kind)
    {
        RmState from = NewState(kind);
        RmState second = NewState();
        RmState third = NewState(Kind.Heap);
        nint block = from.RmMalloc(100);
        from.RmTransferTo(block, new RmInbox(second));
        second.RmReceive();
        second.RmRetain(block);
        second.RmTransferTo(block, new RmInbox(third));
        third.RmReceive();

        Assert.Equal(1, third.RmRelease(block));
        Assert.Equal(0, third.RmRelease(block));
        from.RmReceive();
        Assert.Equal(0, UsedBy(from));
        Verify(from, second, third);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AlignmentGoesAlong(Kind kind)
    {
        if (kind == Kind.BlockHeap)
        {
            return;
        }

        RmState from = NewState(kind);
        RmState to = NewState();
        foreach (nuint alignment in new nuint[] { 32, 4096 })
        {
            nint block = from.RmAlignedAlloc(alignment, 100);
            from.RmTransferTo(block, new RmInbox(to));
            to.RmReceive();
            to.RmTransferTo(block, new RmInbox(from));
            from.RmReceive();
            for (nuint size = 200; size < 20_000; size *= 3)
            {
                block = from.RmRealloc(block, size);
                Assert.Equal(0u, (nuint)block % alignment);
            }

            from.RmRelease(block);
        }

        Assert.Equal(0, UsedBy(from));
    }

    [Fact]
    public void DeallocatorsOfEveryKindGoAlongAndRunOnce()
    {
        RmState from = NewState();
        RmState to = NewState(Kind.Heap);
        var inbox = new RmInbox(to);
        GCHandle context = GCHandle.Alloc(Blocks);
        nint[] blocks = [.. Enumerable.Range(0, 4).Select(_ => Blocks.Malloc())];
        from.RmAttach(blocks[0], Blocks.Free, 64);
        from.RmAttach(blocks[1], &LeakCheck.NativeBlocks.FreeWithContext, (void*)GCHandle.ToIntPtr(context));
        from.RmAttach(blocks[2], &LeakCheck.NativeBlocks.FreeOfCurrent);
        from.RmAttach(blocks[3], Blocks.Free);
        nint malloced = (nint)NativeMemory.Alloc(10);
        from.RmAttach(malloced);
        foreach (nint block in blocks.Append(malloced))
        {
            from.RmTransferTo(block, inbox);
        }

        Verify(from);
        Assert.Equal(5, to.RmReceive());
        Assert.Equal((nuint)64, to.RmSize(blocks[0]));
        Assert.False(to.RmTrySize(blocks[1], out _));
        Verify(to);
        Assert.Empty(Blocks.Freed);
        Assert.All(blocks.Append(malloced), block => Assert.Equal(0, to.RmRelease(block)));
        Assert.Equal(blocks, Blocks.Freed);
        context.Free();
    }

    [Fact]
    public void ABlockOfTheReceiversHeapWithADeallocatorOfItsOwnIsThatOnes()
    {
        SizeClassHeap heap = NewArena().CreateHeap();
        RmState owner = NewState(new RmStateOptions { Allocator = heap });
        RmState other = NewState();
        nint block = heap.Allocate(100);
        owner.RmAttach(block, heap.Free);

        owner.RmTransferTo(block, new RmInbox(other));
        other.RmReceive();
        other.RmTransferTo(block, new RmInbox(owner));
        owner.RmReceive();
        Verify(owner, other);
        Assert.Throws<CountedBlockException>(() => heap.Free(block));

        Assert.Equal(0, owner.RmRelease(block));
        Assert.Equal(0, heap.Usage.LiveBlocks);
    }

    [Fact]
    public void AHeapKnowsThatItsBlockIsOut()
    {
        Arena arena = NewArena();
        SizeClassHeap heap = arena.CreateHeap();
        RmState from = NewState(new RmStateOptions { Allocator = heap });
        RmState to = NewState();
        nint block = from.RmMalloc(100);
        from.RmTransferTo(block, new RmInbox(to));
        to.RmReceive();

        Assert.Throws<CountedBlockException>(() => heap.Free(block));
        Assert.Throws<CountedBlockException>(() => from.RmAttach(block));
        Assert.Throws<CountedBlockException>(heap.Dispose);
        Assert.Throws<UntrackedPointerException>(() => from.RmRelease(block));
        heap.Verify();

        // Who detaches it answers for it.
        to.RmDetach(block);
        heap.Free(block);
        Assert.Equal(0, heap.Usage.LiveBlocks);
    }

    [Fact]
    public void StatesOverOneThreadSafeAllocatorShareItsBlocks()
    {
        var shared = new SharedAllocator();
        RmState from = NewState(new RmStateOptions { Allocator = shared });
        RmState to = NewState(new RmStateOptions { Allocator = shared });
        nint block = from.RmMalloc(100);
        from.RmTransferTo(block, new RmInbox(to));
        to.RmReceive();

        block = to.RmRealloc(block, 5000);
        Assert.Equal(0, to.RmRelease(block));
        Assert.Equal(0, from.RmReceive());
        Assert.Equal(0, shared.Live);
    }

    [Fact]
    public void AStateMayPostToItself()
    {
        RmState state = NewState(Kind.Heap);
        nint block = state.RmMalloc(100);
        state.RmTransferTo(block, new RmInbox(state));
        Assert.False(state.RmContains(block));
        Assert.Equal(1, state.RmReceive());
        Assert.Equal(0, state.RmRelease(block));
    }

    [Theory]
    [InlineData(Kind.Malloc)]
    [InlineData(Kind.Heap)]
    public void RefusalsLeaveTheStateAsItWas(Kind kind)
    {
        RmState from = NewState(kind);
        RmState to = NewState();
        var inbox = new RmInbox(to);
        nint block = from.RmMalloc(100);
        nint attached = Blocks.Malloc();
        from.RmAttach(attached, Blocks.Free, 64);
        nint held = from.RmMalloc(50);
        from.RmRetain(held);
        RmHold hold = from.RmRetainAs(held);
        nint ended = Blocks.Malloc();
        from.RmAttach(ended, b =>
        {
            Assert.Throws<FinalizingBlockException>(() => from.RmTransferTo(b, inbox));
            Blocks.Free(b);
        });
        from.RmRelease(ended);
        StateSnapshot before = StateSnapshot.Of(from);

        Assert.Throws<ArgumentNullException>(() => from.RmTransferTo((nint)0, inbox));
        Assert.Throws<ArgumentNullException>(() => from.RmTransferTo(block, null!));
        Assert.Throws<UntrackedPointerException>(() => from.RmTransferTo(0x1234, inbox));
        HeldBlockException refusal = Assert.Throws<HeldBlockException>(() => from.RmTransferTo(held, inbox));
        Assert.Contains("RmTransferTo", refusal.Message, StringComparison.Ordinal);
        Assert.True(inbox.IsEmpty);
        to.Dispose();
        Assert.True(inbox.IsClosed);
        Assert.Throws<ObjectDisposedException>(() => from.RmTransferTo(block, inbox));
        Assert.Throws<ObjectDisposedException>(() => from.RmTransferTo(attached, inbox));
        Assert.Throws<ObjectDisposedException>(() => new RmInbox(to));
        Assert.Throws<ObjectDisposedException>(() => to.RmReceive());
        Assert.Throws<ObjectDisposedException>(() => to.RmTransferTo(block, new RmInbox(from)));

        before.AssertUnchanged(from, newViolations: 2);
        hold.Dispose();
        ReleaseAll(from, held);
        from.RmRelease(block);
        from.RmRelease(attached);
    }

    [Fact]
    public void AttachedHeapBlockStaysAttachedWhenItsTransferIsRefused()
    {
        SizeClassHeap heap = NewArena().CreateHeap();
        RmState from = NewState(new RmStateOptions { Allocator = heap });
        RmState to = NewState();
        var inbox = new RmInbox(to);
        to.Dispose();
        nint block = heap.Allocate(64);
        from.RmAttach(block, heap.Free);

        Assert.Throws<ObjectDisposedException>(() => from.RmTransferTo(block, inbox));

        Assert.Throws<CountedBlockException>(() => heap.Free(block));
        Assert.Equal(0, from.RmRelease(block));
        Assert.Equal(0, heap.Usage.LiveBlocks);
    }

    [Theory]
    [InlineData(Kind.Malloc)]
    [InlineData(Kind.Heap)]
    public void TheSiteGoesAlong(Kind kind)
    {
        RmState from = NewState(kind, new RmStateOptions { Level = RmDiagnosticsLevel.Sites });
        RmState to = NewState(new RmStateOptions { Level = RmDiagnosticsLevel.Full });
        nint known = from.RmMalloc(10, Decoder, 88);
        from.Level = RmDiagnosticsLevel.Counters;
        nint unknown = from.RmMalloc(10, Decoder, 99);
        from.Level = RmDiagnosticsLevel.Sites;
        from.RmRetain(known);
        from.RmTransferTo(known, new RmInbox(to), Player, 1);
        from.RmTransferTo(unknown, new RmInbox(to), Player, 2);
        to.RmReceive();

        Assert.Equal(new RmSite(Decoder, 88), to.RmWhoHolds(known).Site);
        Assert.Equal(new RmSite(Player, 2), to.RmWhoHolds(unknown).Site);
        Assert.Contains("detached at Player.cs:1", Assert.Throws<UntrackedPointerException>(() => from.RmRelease(known)).Message, StringComparison.Ordinal);
        Verify(from, to);
        ReleaseAll(to, known);
        to.RmRelease(unknown);
        from.RmReceive();
        Verify(from, to);
    }

    [Fact]
    public void ABlockTheReceiverTracksAlreadyIsLeftToThatEntry()
    {
        RmState from = NewState();
        RmState to = NewState();
        nint block = Blocks.Malloc();
        from.RmAttach(block, Fakes.Leave);
        to.RmAttach(block, Blocks.Free);
        from.RmTransferTo(block, new RmInbox(to));

        Assert.Throws<AlreadyTrackedException>(() => to.RmReceive());

        Assert.Equal(1, to.RmCount(block));
        Assert.Equal(0, to.RmRelease(block));
        Assert.Equal(0, to.RmReceive());
        Verify(from, to);
    }

    [Fact]
    public void AnAddressThatComesWhileItsOldBlockEndsIsANewBlock()
    {
        RmState from = NewState();
        RmState to = NewState();
        nint address = Fakes.Address(1);
        to.RmAttach(address, block =>
        {
            // The block is gone, and its allocator hands the address out to the other state, which hands it over at once.
            from.RmAttach(block, Fakes.Leave);
            from.RmTransferTo(block, new RmInbox(to));
            to.RmReceive();
        });

        Assert.Equal(0, to.RmRelease(address));

        Assert.Equal(1, to.RmCount(address));
        Verify(from, to);
        Assert.Equal(0, to.RmRelease(address));
    }

    [Fact]
    public void AddressesBeyondFortyEightBitsMoveToo()
    {
        RmState from = NewState();
        RmState to = NewState();
        nint wide = unchecked((nint)0x7FFF_0000_0000_0010);
        foreach (int count in new[] { 1, 100 })
        {
            from.RmAttach(wide, Fakes.Leave);
            Retain(from, wide, count - 1);
            from.RmTransferTo(wide, new RmInbox(to));
            to.RmReceive();
            Assert.Equal(count, to.RmCount(wide));
            Verify(from, to);
            ReleaseAll(to, wide);
        }
    }

    private static void Retain(RmState state, nint block, int times)
    {
        for (int i = 0; i < times; i++)
        {
            state.RmRetain(block);
        }
    }

    private static void ReleaseAll(RmState state, nint block)
    {
        while (state.RmRelease(block) != 0)
        {
        }
    }

    /// <summary>Blocks in use at a state's allocator, where that tells.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long UsedBy(RmState state) => AllocatorOf(state) switch
    {
        CountingAllocator counting => counting.Outstanding,
        Pool pool => pool.Usage.LiveBlocks,
        GuardedAllocator guarded => guarded.Statistics.LiveGuarded,
        RedZoneAllocator zoned => zoned.Statistics.LiveBlocks,
        _ => 0,
    };

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_allocator")]
    private static extern ref INativeAllocator AllocatorOf(RmState state);

    private sealed class SharedAllocator : INativeAllocator
    {
        private readonly MallocAllocator _inner = new();
        private int _live;

        public int Live => _live;

        public bool KnowsSizes => false;

        public bool IsThreadSafe => true;

        public nint Allocate(nuint size)
        {
            Interlocked.Increment(ref _live);
            return _inner.Allocate(size);
        }

        public nint AllocateZeroed(nuint size)
        {
            Interlocked.Increment(ref _live);
            return _inner.AllocateZeroed(size);
        }

        public nint AllocateAligned(nuint size, nuint alignment)
        {
            Interlocked.Increment(ref _live);
            return _inner.AllocateAligned(size, alignment);
        }

        public nint Reallocate(nint block, nuint oldSize, nuint newSize, nuint alignment) => _inner.Reallocate(block, oldSize, newSize, alignment);

        public void Free(nint block, nuint size, nuint alignment)
        {
            Interlocked.Decrement(ref _live);
            _inner.Free(block, size, alignment);
        }

        public nuint UsableSize(nint block) => 0;

        public AddressOwner OwnerOf(nint address) => AddressOwner.Unknown;
    }
}
