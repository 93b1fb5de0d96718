using System.Runtime.CompilerServices;
using Rm.Arenas;
using Rm.Interop;
using Rm.Tests.Faults;
using Rm.Violations;

namespace Rm.Tests.Interop;

/// <summary>What waits in an inbox is done once, in order, whatever fails beside it and however the state ends.</summary>
public sealed class InboxTests : HandOverStates
{
    [Theory]
    [MemberData(nameof(Kinds))]
    public void AReferenceGivenBackIsReleasedWhenTheStateReceives(Kind kind)
    {
        RmState state = NewState(kind);
        var inbox = new RmInbox(state);
        nint block = state.RmMalloc(64);
        state.RmRetain(block);
        Assert.Equal(0, state.RmReceive());

        OnThread.Run(() =>
        {
            inbox.RmGiveBack(block);
            Assert.True(inbox.RmTryGiveBack(block));
            inbox.RmGiveBack((nint)0);
        });

        Assert.Equal(2, state.RmCount(block));
        Assert.Equal(2, state.RmReceive());
        Assert.False(state.RmContains(block));
        Assert.Equal(2, state.Statistics.Releases);
        Assert.Equal(0, state.RmReceive());
        Verify(state);
    }

    [Fact]
    public void AReferenceIsGivenBackWhereItsSiteSays()
    {
        RmState state = NewState(Kind.Malloc, new RmStateOptions { Level = RmDiagnosticsLevel.Sites });
        nint block = state.RmMalloc(64, Decoder, 1);
        state.RmRetain(block, Decoder, 2);
        new RmInbox(state).RmGiveBack(block, Player, 3);
        state.RmReceive();

        Assert.Equal(new RmSiteCount(new RmSite(Player, 3), 1), Assert.Single(state.RmWhoHolds(block).Releases));
        state.RmRelease(block);
    }

    [Fact]
    public void ThingsAreDoneInTheOrderInWhichTheyCame()
    {
        RmState from = NewState();
        RmState to = NewState();
        var inbox = new RmInbox(to);
        nint[] blocks = [.. Enumerable.Range(0, 10).Select(_ => Blocks.Malloc())];
        foreach (nint block in blocks)
        {
            from.RmAttach(block, Blocks.Free);
            from.RmTransferTo(block, inbox);
            inbox.RmGiveBack(block);
        }

        Assert.Equal(20, to.RmReceive());
        Assert.Equal(blocks, Blocks.Freed);
    }

    [Fact]
    public void AWrongPointerIsAViolationAndTheRestIsDone()
    {
        RmState state = NewState();
        var inbox = new RmInbox(state);
        nint[] blocks = [state.RmMalloc(1), state.RmMalloc(2), state.RmMalloc(3)];
        inbox.RmGiveBack(blocks[0]);
        inbox.RmGiveBack(0x1230);
        inbox.RmGiveBack(blocks[1]);

        UntrackedPointerException one = Assert.Throws<UntrackedPointerException>(() => state.RmReceive());
        Assert.Equal(0x1230, one.Block);
        Assert.StartsWith("RmGiveBack of 0x1230", one.Message, StringComparison.Ordinal);
        Assert.Equal([blocks[2]], state.RmBlocks.Select(b => b.Address));

        inbox.RmGiveBack(blocks[1]);
        inbox.RmGiveBack(blocks[2]);
        inbox.RmGiveBack(blocks[2]);
        AggregateException several = Assert.Throws<AggregateException>(() => state.RmReceive());
        Assert.Equal([blocks[1], blocks[2]], several.InnerExceptions.Cast<UntrackedPointerException>().Select(e => e.Block));
        Assert.Equal(0, state.Statistics.LiveBlocks);
        Assert.Equal(3, state.Statistics.Violations);
        Assert.Equal(0, state.RmReceive());
    }

    [Fact]
    public void AWrongPointerIsReportedWhereThatIsThePolicy()
    {
        List<MemoryViolationException> reported = [];
        RmState state = NewState(new RmStateOptions { ViolationPolicy = RmViolationPolicy.Report, OnViolation = reported.Add });
        var inbox = new RmInbox(state);
        nint block = state.RmMalloc(1);
        inbox.RmGiveBack(0x1230);
        inbox.RmGiveBack(block);
        inbox.RmGiveBack(block);

        Assert.Equal(3, state.RmReceive());
        Assert.Equal([0x1230, block], reported.Select(v => v.Block));
    }

    [Fact]
    public void WhatDeallocatorsThrowSurfacesWhenAllIsDone()
    {
        RmState state = NewState();
        var inbox = new RmInbox(state);
        foreach (int i in Enumerable.Range(1, 3))
        {
            state.RmAttach(Fakes.Address(i), _ => throw new FormatException($"block {i}"));
            inbox.RmGiveBack(Fakes.Address(i));
        }

        inbox.RmGiveBack(0x1230);
        AggregateException several = Assert.Throws<AggregateException>(() => state.RmReceive());
        Assert.Equal("block 1, block 2, block 3", string.Join(", ", several.InnerExceptions.Take(3).Select(e => e.Message)));
        Assert.IsType<UntrackedPointerException>(several.InnerExceptions[3]);
        Assert.Equal(0, state.Statistics.LiveBlocks);
        Verify(state);
    }

    [Fact]
    public void ADeallocatorMayReceive()
    {
        RmState from = NewState();
        RmState state = NewState();
        var inbox = new RmInbox(state);
        int within = 0;
        nint first = Blocks.Malloc();
        nint second = Blocks.Malloc();
        state.RmAttach(first, block =>
        {
            inbox.RmGiveBack(second);
            within = state.RmReceive();
            Blocks.Free(block);
        });
        inbox.RmGiveBack(first);
        from.RmAttach(second, Blocks.Free);
        from.RmTransferTo(second, inbox);

        // The inner call goes on where the outer one stands: the block comes before its release.
        Assert.Equal(1, state.RmReceive());
        Assert.Equal(2, within);
        Assert.Equal([first, second], Blocks.Freed);
    }

    [Theory]
    [InlineData(RmDisposePolicy.Free)]
    [InlineData(RmDisposePolicy.Abandon)]
    [InlineData(RmDisposePolicy.ThrowIfLive)]
    public void BlocksNeverReceivedAreFreedOnceWhenTheStateIsDisposed(RmDisposePolicy policy)
    {
        RmState from = NewState();
        RmState heaped = NewState(Kind.Heap);
        RmState to = NewState(Kind.Malloc, new RmStateOptions { DisposePolicy = policy });
        var inbox = new RmInbox(to);
        nint attached = Blocks.Malloc();
        from.RmAttach(attached, Blocks.Free);
        from.RmRetain(attached);
        from.RmTransferTo(attached, inbox);
        from.RmTransferTo(from.RmMalloc(100), inbox);
        from.RmTransferTo(from.RmAlignedAlloc(4096, 100), inbox);
        heaped.RmTransferTo(heaped.RmMalloc(100), inbox);
        nint live = to.RmMalloc(10);
        inbox.RmGiveBack(live);
        inbox.RmGiveBack(attached);

        to.Dispose();

        Assert.Equal([attached], Blocks.Freed);
        Assert.Null(to.LastReport);
        Assert.Equal(1, heaped.RmReceive());
        Assert.False(inbox.RmTryGiveBack(live));
        Assert.Throws<ObjectDisposedException>(() => inbox.RmGiveBack(live));
        Assert.True(inbox.IsEmpty);
    }

    [Fact]
    public void ADisposalThatIsRefusedKeepsWhatWaits()
    {
        RmState from = NewState();
        RmState to = NewState(Kind.Malloc, new RmStateOptions { DisposePolicy = RmDisposePolicy.ThrowIfLive });
        var inbox = new RmInbox(to);
        nint live = to.RmMalloc(10);
        nint given = to.RmMalloc(10);
        inbox.RmGiveBack(given);
        nint handed = from.RmMalloc(20);
        from.RmTransferTo(handed, inbox);
        inbox.RmGiveBack(handed);

        Assert.Throws<LiveBlocksException>(to.Dispose);

        Assert.False(inbox.IsClosed);
        Assert.Equal([live], to.RmBlocks.Select(b => b.Address));
        Assert.Equal(2, to.RmReceive());
        Assert.Equal(0, to.RmRelease(live));
    }

    [Fact]
    public void WhatDeallocatorsThrowAtTheEndSurfacesTogether()
    {
        RmState from = NewState();
        var to = new RmState();
        var inbox = new RmInbox(to);
        to.RmAttach(Fakes.Address(1), _ => throw new FormatException("given back"));
        to.RmAttach(Fakes.Address(2), _ => throw new FormatException("live"));
        from.RmAttach(Fakes.Address(3), _ => throw new FormatException("in transit"));
        inbox.RmGiveBack(Fakes.Address(1));
        from.RmTransferTo(Fakes.Address(3), inbox);

        AggregateException several = Assert.Throws<AggregateException>(to.Dispose);

        Assert.Equal("given back, live, in transit", string.Join(", ", several.InnerExceptions.Select(e => e.Message)));
        Assert.True(to.IsDisposed);
    }

    [Fact]
    public void ADeallocatorOfABlockInTransitCannotAllocateInTheStateThatEnds()
    {
        RmState from = NewState();
        var to = new RmState();
        from.RmAttach(Fakes.Address(1), _ => to.RmMalloc(1));
        from.RmTransferTo(Fakes.Address(1), new RmInbox(to));

        Assert.Throws<ObjectDisposedException>(to.Dispose);

        Assert.True(to.IsDisposed);
        Assert.Equal(0, to.Statistics.LiveBlocks);
    }

    [Fact]
    public void AResetReleasesWhatWasGivenBackAndKeepsBlocksThatWait()
    {
        RmState from = NewState(Kind.Heap);
        RmState to = NewState();
        var inbox = new RmInbox(to);
        nint given = to.RmMalloc(10);
        inbox.RmGiveBack(given);
        nint handed = from.RmMalloc(10);
        from.RmTransferTo(handed, inbox);
        inbox.RmGiveBack(handed);

        Assert.Null(to.Reset());

        Assert.Equal(0, to.Statistics.LiveBlocks);
        Assert.Equal(2, to.RmReceive());
        Assert.Equal(1, from.RmReceive());
        Assert.Equal((1L, 1L), (to.Statistics.Attaches, to.Statistics.Frees));
        Verify(from, to);
    }

    [Fact]
    public void ABlockThatCameBackFreesItselfInAResetOrDisposedHome()
    {
        RmState home = NewState(Kind.Heap);
        RmState away = NewState();
        nint[] blocks = [home.RmMalloc(100), home.RmMalloc(2 << 20), home.RmMalloc(100_000)];
        foreach (nint block in blocks)
        {
            home.RmTransferTo(block, new RmInbox(away));
        }

        away.RmReceive();
        away.RmRelease(blocks[0]);
        home.Reset();
        Assert.Equal(0, home.RmReceive());
        away.RmRelease(blocks[1]);
        home.Dispose();
        Assert.Equal(0, away.RmRelease(blocks[2]));
    }

    [Fact]
    public void ABlockOfAHeapWhoseStateIsGoneIsStillFreed()
    {
        SizeClassHeap heap = NewArena().CreateHeap();
        RmState home = NewState(new RmStateOptions { Allocator = heap });
        RmState away = NewState();
        nint block = home.RmMalloc(100);
        home.RmTransferTo(block, new RmInbox(away));
        away.RmReceive();
        home.Dispose();
        RmState next = NewState(new RmStateOptions { Allocator = heap });
        nint other = next.RmMalloc(100);

        Assert.Equal(2, heap.Usage.LiveBlocks);
        Assert.Equal(0, away.RmRelease(block));
        next.RmReceive();
        Assert.Equal(1, heap.Usage.LiveBlocks);
        next.RmRelease(other);
        Verify(next, away);
    }

    [Fact]
    public void AStateThatGoesBackToItsPoolHasAnInboxOfItsOwnEachTime()
    {
        RmState from = NewState(Kind.Heap);
        using var pool = new RmStatePool(new RmStateOptions { Name = "worker" });
        RmState state = pool.Rent();
        var inbox = new RmInbox(state);
        nint late = from.RmMalloc(10);
        from.RmTransferTo(late, inbox);
        nint lent = state.RmMalloc(10);
        inbox.RmGiveBack(lent);

        pool.Return(state);

        Assert.Equal(1, from.RmReceive());
        Assert.True(inbox.IsClosed);
        nint later = from.RmMalloc(10);
        Assert.Contains("'worker'", Assert.Throws<ObjectDisposedException>(() => from.RmTransferTo(later, inbox)).Message, StringComparison.Ordinal);
        Assert.Same(state, pool.Rent());
        from.RmTransferTo(later, new RmInbox(state));
        Assert.Equal(1, state.RmReceive());
        Assert.Equal(0, state.RmRelease(later));
        Assert.Equal(1, from.RmReceive());
    }

    [Fact]
    public void ABlockFindsHomeThoughThePoolHasHadTheStateMeanwhile()
    {
        CountingAllocator allocator = NewAllocator();
        using var pool = new RmStatePool(new RmStateOptions { Allocator = allocator });
        RmState away = NewState();
        RmState home = pool.Rent();
        nint[] blocks = [home.RmMalloc(10), home.RmMalloc(20)];
        foreach (nint block in blocks)
        {
            home.RmTransferTo(block, new RmInbox(away));
        }

        away.RmReceive();
        pool.Return(home);
        Assert.Same(home, pool.Rent());
        away.RmRelease(blocks[0]);
        Assert.Equal(2, allocator.Outstanding);
        Assert.Equal(1, home.RmReceive());
        away.RmTransferTo(blocks[1], new RmInbox(home));
        home.RmReceive();
        blocks[1] = home.RmRealloc(blocks[1], 500);
        Assert.Equal(0, home.RmRelease(blocks[1]));
    }

    [Fact]
    public void AForgottenStateClosesItsInboxAndFreesNoBlock()
    {
        RmState from = NewState();
        nint block = Blocks.Malloc();
        from.RmAttach(block, Blocks.Free);
        RmInbox inbox = Forget(from, block);
        for (int i = 0; i < 50 && !inbox.IsClosed; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.True(inbox.IsClosed);
        Assert.Empty(Blocks.Freed);
        nint kept = from.RmMalloc(1);
        Assert.Throws<ObjectDisposedException>(() => from.RmTransferTo(kept, inbox));
        from.RmRelease(kept);
        Blocks.Free(block);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RmInbox Forget(RmState from, nint block)
    {
        var inbox = new RmInbox(new RmState());
        from.RmTransferTo(block, inbox);
        return inbox;
    }
}
