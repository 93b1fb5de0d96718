using Rm.Arenas;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>Arenas over the memory of every kind of system, beside each other and malloc, and their end.</summary>
public sealed class ArenaTests : LeakChecked
{
    [Theory]
    [InlineData(MemoryKind.Native)]
    [InlineData(MemoryKind.Windows)]
    [InlineData(MemoryKind.MacOS)]
    [InlineData(MemoryKind.LargePages)]
    [InlineData(MemoryKind.NoReservations)]
    public void RandomWorkRunsOnEverySystem(MemoryKind kind)
    {
        FaultyVirtualMemory memory = NewVirtualMemory(kind: kind);
        Arena arena = NewArena(new ArenaOptions { ChunkSize = 1 << 20, Memory = memory });
        var events = new ArenaEvents(arena);
        var work = new HeapWork(arena.CreateHeap(), (int)kind);
        for (int round = 0; round < 40; round++)
        {
            work.Run(100);
            arena.Verify();
            Assert.Equal(arena.ReservedBytes, events.Bytes);
            Assert.Equal(work.Blocks.Count, work.Blocks.Heap.Usage.LiveBlocks);
            if (round % 10 == 9)
            {
                _ = arena.Trim();
                arena.Verify();
            }
        }

        Assert.Equal(0, work.Refused);
        work.Blocks.FreeAll();
        Assert.Equal(new PoolUsage(0, 0, 0, 0, 0), work.Blocks.Heap.Usage with { FreeBytes = 0, CommittedBytes = 0, Slabs = 0 });
        arena.Verify();
        arena.Dispose();
        Assert.Equal((0, 0), (memory.Reservations, memory.AlignedBlocks));
        Assert.Empty(events.Wrong);
    }

    [Fact]
    public void ArenasLieBesideEachOtherAndMalloc()
    {
        Arena[] arenas = [.. Enumerable.Range(0, 4).Select(i => NewArena(new ArenaOptions { ChunkSize = 1 << 20, Name = $"{i}" }))];
        SizeClassHeap[] heaps = [.. arenas.SelectMany(a => new[] { a.CreateHeap("first"), a.CreateHeap("second") })];
        HeapWork[] work = [.. heaps.Select((heap, i) => new HeapWork(heap, i))];
        nint[] malloced = [.. Enumerable.Range(0, 100).Select(i => Blocks.Malloc((nuint)i * 1000))];
        for (int round = 0; round < 20; round++)
        {
            Assert.All(work, w => w.Run(50));
        }

        Assert.All(arenas, a => a.Verify());
        foreach (HeapWork one in work)
        {
            SizeClassHeap heap = one.Blocks.Heap;
            Assert.All(one.Blocks.All, block => Assert.Equal([heap], heaps.Where(h => h.Contains(block))));
            Assert.All(one.Blocks.All, block => Assert.Equal([heap.Arena], arenas.Where(a => a.Contains(block))));
        }

        Assert.All(malloced, block => Assert.DoesNotContain(arenas, a => a.Contains(block)));
        Assert.All(malloced, Blocks.Free);
    }

    [Fact]
    public void DisposeEndsPoolsAndGivesEverythingBack()
    {
        FaultyVirtualMemory memory = NewVirtualMemory();
        Arena arena = NewArena(new ArenaOptions { Memory = memory });
        SizeClassHeap first = arena.CreateHeap();
        SizeClassHeap second = arena.CreateHeap();
        second.Dispose();
        _ = first.Allocate(100);
        _ = first.Allocate(3 << 20);
        nint block = first.Allocate(200_000);

        arena.Dispose();
        arena.Dispose();

        Assert.True(arena.IsDisposed && first.IsDisposed);
        Assert.Equal((0, 0), (memory.Reservations, memory.AlignedBlocks));
        Assert.Equal((0u, 0u, 0u), (arena.ReservedBytes, arena.CommittedBytes, arena.SpareBytes));
        Assert.False(arena.Contains(block));
        Assert.Null(arena.PoolOf(block));
        Assert.Empty(arena.Pools);
        Assert.Equal(0, arena.Statistics.LiveBlocks);
        Action[] uses =
        [
            () => arena.CreateHeap(),
            () => arena.Trim(),
            () => arena.GetMap(),
            () => arena.MeasureResident(),
            () => arena.Verify(),
            () => arena.AddRegion(1 << 20, 1 << 20),
            () => first.Allocate(1),
            () => first.Allocate(1 << 20),
            () => first.Free(block),
            () => first.Reallocate(block, 0, 5, 0),
            () => first.UsableSize(block),
            () => first.Trim(),
            () => first.Verify(),
        ];
        Assert.All(uses, use => Assert.Throws<ObjectDisposedException>(use));
    }

    [Fact]
    public void PoolsAreThoseThatLive()
    {
        Arena arena = NewArena();
        Assert.Empty(arena.Pools);
        SizeClassHeap first = arena.CreateHeap("first");
        SizeClassHeap second = arena.CreateHeap("second");
        IReadOnlyList<Pool> both = arena.Pools;
        Assert.Equal([first, second], both);
        first.Dispose();
        Assert.Equal([second], arena.Pools);
        Assert.Equal(2, both.Count);
        SizeClassHeap third = arena.CreateHeap();
        Assert.Equal([third, second], arena.Pools);
    }

    [Fact]
    public void BlocksOfADisposedPoolAreNobodysAndItsNumberIsUsedAgain()
    {
        Arena arena = NewArena();
        SizeClassHeap first = arena.CreateHeap();
        nint[] blocks = [first.Allocate(10), first.Allocate(50_000), first.Allocate(2 << 20)];
        first.Dispose();
        arena.Verify();
        Assert.All(blocks, block => Assert.Null(arena.PoolOf(block)));
        var work = new HeapWork(arena.CreateHeap(), 3);
        work.Run(300);
        Assert.All(work.Blocks.All, block => Assert.Same(work.Blocks.Heap, arena.PoolOf(block)));
    }

    [Fact]
    public void ThereAreAtMost65535Pools()
    {
        Arena arena = NewArena();
        SizeClassHeap heap = arena.CreateHeap();
        nint block = heap.Allocate(100);
        List<ushort> numbers = [.. Enumerable.Range(0, 65_534).Select(_ => arena.Register(heap))];
        Assert.Equal(65_535, numbers[^1]);
        OutOfMemoryException refused = Assert.Throws<OutOfMemoryException>(() => arena.CreateHeap());
        Assert.Contains("65535", refused.Message, StringComparison.Ordinal);

        arena.Unregister(65_535);
        SizeClassHeap last = arena.CreateHeap();
        nint other = last.Allocate(100);
        Assert.Same(last, arena.PoolOf(other));
        Assert.Same(heap, arena.PoolOf(block));
        last.Free(other);
        Assert.Throws<Rm.Violations.ForeignBlockException>(() => last.Free(block));

        numbers.SkipLast(1).ToList().ForEach(arena.Unregister);
    }
}
