using Rm.Arenas;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>An arena serves heaps of several threads at once; each heap stays with one of them.</summary>
public sealed class ArenaThreadTests : LeakChecked
{
    private const int Threads = 4;

    [Theory]
    [InlineData(MemoryKind.Native, long.MaxValue)]
    [InlineData(MemoryKind.Windows, long.MaxValue)]
    [InlineData(MemoryKind.NoReservations, long.MaxValue)]
    [InlineData(MemoryKind.Native, 24L << 20)]
    public void HeapsOfSeveralThreadsDoNotDisturbEachOther(MemoryKind kind, long limit)
    {
        Arena arena = NewArena(new ArenaOptions
        {
            ChunkSize = 1 << 20,
            CommitLimit = (nuint)limit,
            TrimEvery = 7,
            Memory = NewVirtualMemory(kind: kind),
        });
        HeapWork[] work = [.. Enumerable.Range(0, Threads).Select(i => new HeapWork(arena.CreateHeap(), i))];
        int running = Threads;
        Action[] ends =
        [
            .. work.Select(w => OnThread.Start(() =>
            {
                try
                {
                    w.Run(4000);
                }
                finally
                {
                    _ = Interlocked.Decrement(ref running);
                }
            })),
        ];
        long seen = 0;
        while (Volatile.Read(ref running) > 0)
        {
            seen += arena.Statistics.LiveBlocks + arena.GetMap().Count + arena.Trim(1 << 18) + (long)arena.MeasureResident();
            Assert.Null(arena.PoolOf(-1));
        }

        Assert.All(ends, end => end());
        Assert.True(seen > 0);
        arena.Verify();
        Assert.Equal(work.Sum(w => w.Blocks.Count), arena.Statistics.LiveBlocks);
        Assert.True(limit < long.MaxValue || work.All(w => w.Refused == 0));
        Assert.All(work, w => Assert.All(w.Blocks.All, b => Assert.Same(w.Blocks.Heap, arena.PoolOf(b))));
        Assert.All(work, w => w.Blocks.FreeAll());
        arena.Verify();
    }

    [Fact]
    public void SlabsComeAndGoOnSeveralThreads()
    {
        Arena arena = NewArena(new ArenaOptions { ChunkSize = 1 << 20 });
        var events = new ArenaEvents(arena);
        Action[] ends =
        [
            .. Enumerable.Range(0, Threads).Select(i => OnThread.Start(() =>
            {
                for (int round = 0; round < 30; round++)
                {
                    using SizeClassHeap heap = arena.CreateHeap();
                    var blocks = new FilledBlocks(heap);
                    for (int n = 0; n < 200; n++)
                    {
                        nuint size = (nuint)(1 + (n * (i + 1) * 50));
                        Assert.NotEqual(0, blocks.Add(heap.Allocate(size), size));
                    }

                    heap.Verify();
                    blocks.FreeAll();
                    _ = heap.Trim();
                }
            })),
        ];
        Assert.All(ends, end => end());
        arena.Verify();
        Assert.Empty(arena.Pools);
        Assert.Equal(arena.SpareBytes, arena.CommittedBytes);
        Assert.Equal((0, arena.ReservedBytes), (events.Wrong.Count, events.Bytes));
    }

    [Fact]
    public void HeapMayBeHandedOver()
    {
        Arena arena = NewArena();
        var work = new HeapWork(arena.CreateHeap(), 1);
        for (int i = 0; i < 5; i++)
        {
            OnThread.Run(() => work.Run(200));
        }

        arena.Verify();
    }
}
