using Rm.Arenas;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>Whatever comes to an arena is announced, once, and so is its leaving.</summary>
public sealed class ArenaEventTests : LeakChecked
{
    [Theory]
    [InlineData(MemoryKind.Native)]
    [InlineData(MemoryKind.Windows)]
    [InlineData(MemoryKind.NoReservations)]
    public void EverythingThatCameGoesWithTheArena(MemoryKind kind)
    {
        Arena arena = NewArena(new ArenaOptions { ChunkSize = 1 << 20, Memory = NewVirtualMemory(kind: kind) });
        var events = new ArenaEvents(arena);
        var work = new HeapWork(arena.CreateHeap(), 1);
        for (int round = 0; round < 50; round++)
        {
            work.Run(20);
            Assert.Equal(arena.ReservedBytes, events.Bytes);
        }

        arena.Dispose();
        Assert.Empty(events.Wrong);
        Assert.True(events.Grown > 3);
        Assert.Equal((events.Grown, 0u), (events.Shrunk, events.Bytes));
    }

    [Fact]
    public void LargeBlockThatMovesGoesAndComes()
    {
        Arena arena = NewArena();
        var events = new ArenaEvents(arena);
        var blocks = new FilledBlocks(arena.CreateHeap());
        nint block = blocks.Add(blocks.Heap.Allocate(2 << 20), 2 << 20);
        Assert.Equal((1, 0), (events.Grown, events.Shrunk));
        nint moved = blocks.Resize(block, 20 << 20);
        Assert.NotEqual(block, moved);
        _ = arena.Trim();
        Assert.Equal((2, 1), (events.Grown, events.Shrunk));
        Assert.Equal(arena.ReservedBytes, events.Bytes);
        Assert.Empty(events.Wrong);
    }

    [Fact]
    public void LimitThatTakesSpareMemoryAwayAnnouncesIt()
    {
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 1 });
        var events = new ArenaEvents(arena);
        SizeClassHeap heap = arena.CreateHeap();
        nint kept = heap.Allocate(2 << 20);
        heap.Free(heap.Allocate(1500 << 10));
        Assert.Equal(0, events.Shrunk);
        arena.CommitLimit = 2 << 20;
        Assert.Equal(1, events.Shrunk);
        Assert.Throws<InvalidOperationException>(() => arena.CommitLimit = 1 << 20);
        heap.Free(kept);
    }

    [Fact]
    public void HandlerMayUseTheArenaFromAnyThread()
    {
        Arena arena = NewArena(new ArenaOptions { ChunkSize = 1 << 20 });
        List<long> seen = [];
        arena.Grown += (_, _) => OnThread.Run(() => seen.Add((long)arena.Statistics.ReservedBytes + arena.GetMap().Count));
        SizeClassHeap heap = arena.CreateHeap();
        _ = heap.Allocate(10);
        _ = heap.Allocate(2 << 20);
        Assert.Equal(2, seen.Count);
    }

    [Fact]
    public void SenderIsTheArenaAndRemovedHandlersAreNotCalled()
    {
        Arena arena = NewArena();
        List<object?> senders = [];
        EventHandler<ArenaChangedEventArgs> handler = (sender, _) => senders.Add(sender);
        arena.Grown += handler;
        SizeClassHeap heap = arena.CreateHeap();
        _ = heap.Allocate(10);
        arena.Grown -= handler;
        _ = heap.Allocate(2 << 20);
        Assert.Equal([arena], senders);
    }
}
