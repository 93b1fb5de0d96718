using Rm.Arenas;

namespace Rm.Tests.Samples;

/// <summary>Block heaps: elements of one size.</summary>
public sealed unsafe class BlockHeapSample
{
    [Fact]
    public void AHeapHandsOutElementsOfOneSize()
    {
        #region block-heap
        using BlockHeap heap = BlockHeap.Create(64, 1024, new BlockHeapOptions { Name = "lines" });

        nint line = heap.Alloc();                 // 64 bytes, all 0
        bool more = heap.TryAlloc(out nint next); // false when there is no memory
        heap.Free(line);
        heap.Free(next);                          // a second Free would throw DoubleFreeException

        PoolUsage usage = heap.Usage;             // live elements and bytes, free bytes, blocks
        long given = heap.Trim();                 // empty blocks and free pages back to the system
        #endregion

        Assert.True(more);
        Assert.Equal((0, 1), (usage.LiveBlocks, usage.Slabs));
        Assert.True(given > 0);
    }

    [Fact]
    public void ATypedHeapNeedsNoCast()
    {
        #region block-heap-typed
        using BlockHeap<Point> points = BlockHeap.Create<Point>(elementsPerBlock: 256);
        Point* corner = points.Alloc();
        corner->X = 3;

        double sum = 0;
        foreach (Point* point in points.LiveElements)
        {
            sum += point->X;
        }

        points.Free(corner);
        #endregion

        Assert.Equal(3, sum);
    }

    [Fact]
    public void AStateCountsReferencesToElements()
    {
        #region block-heap-counted
        using BlockHeap heap = BlockHeap.Create(512, 128);
        using var state = new RmState(new RmStateOptions { Allocator = heap });

        nint packet = state.RmMalloc(400);   // an element; larger ones than 512 find no memory
        state.RmRetain(packet);
        state.RmRelease(packet);
        state.RmRelease(packet);             // the last reference: back to the heap
        #endregion

        Assert.Equal(0, heap.Usage.LiveBlocks);
    }

    [Fact]
    public void SeveralHeapsShareAnArena()
    {
        #region block-heap-arena
        using var arena = new Arena(new ArenaOptions { CommitLimit = 64 << 20 });
        BlockHeap users = BlockHeap.Create(200, 128, new BlockHeapOptions { Arena = arena, Name = "users" });
        BlockHeap channels = BlockHeap.Create(320, 64, new BlockHeapOptions { Arena = arena, Name = "channels", Zeroed = false });

        _ = users.Alloc();
        _ = channels.Alloc();
        long all = arena.Statistics.LiveBlocks;               // 2, over all heaps
        string?[] names = [.. arena.Pools.Select(pool => pool.Name)];
        users.Verify();                                       // throws if an invariant is broken
        #endregion

        Assert.Equal(2, all);
        Assert.Equal(["users", "channels"], names, StringComparer.Ordinal);
    }

    [Fact]
    public void AHeapTellsWhatLeaks()
    {
        var leaks = new List<string>();

        #region block-heap-leak
        var options = new BlockHeapOptions { OnLeak = heap => leaks.Add($"{heap.Usage.LiveBlocks} elements of {heap.Name} live") };
        #endregion

        BlockHeap heap = BlockHeap.Create(8, 8, options);
        _ = heap.Alloc();
        heap.Dispose();
        Assert.Single(leaks);
    }

    private record struct Point(double X, double Y);
}
