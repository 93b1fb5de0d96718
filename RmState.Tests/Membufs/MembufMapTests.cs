using System.Runtime.InteropServices;
using Rm.Arenas;
using Rm.Membufs;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Membufs;

/// <summary>T-MB10: the heap as memory with holes in it, and giving back what no block needs.</summary>
public sealed unsafe class MembufMapTests : LeakChecked
{
    private const int RegionBytes = 16 * Granule.Bytes;
    private readonly nint _region = (nint)NativeMemory.AlignedAlloc(RegionBytes, Granule.Bytes);

    public override void Dispose()
    {
        base.Dispose();
        NativeMemory.AlignedFree((void*)_region);
    }

    [Fact]
    public void EmptyHeapHasNothing()
    {
        MembufHeap heap = NewMembufHeap();

        Assert.Equal((0u, 0u), (heap.GetMap().UsedBytes, heap.GetMap().FreeBytes));
        Assert.Empty(heap.GetMap().FreeRegions);
    }

    [Fact]
    public void RegionRaisesCapacityAndIsUsedFirst()
    {
        MembufHeap heap = NewMembufHeap();
        heap.AddRegion(_region, RegionBytes);

        MembufMap map = heap.GetMap();
        Assert.Equal([new MembufRegion(_region, RegionBytes)], map.FreeRegions);
        Assert.Equal((0u, (nuint)RegionBytes), (map.UsedBytes, map.FreeBytes));
        Assert.Contains("in 1 regions", map.ToString(), StringComparison.Ordinal);
        nint block = heap.Alloc(100);
        Assert.InRange(block, _region, _region + RegionBytes);
        Assert.Throws<ArgumentException>(() => heap.AddRegion(_region, RegionBytes));
        heap.Deref(block);
    }

    [Fact]
    public void UsedAndFreeAreAllThereIsAndTheStartComesBack()
    {
        MembufHeap heap = NewMembufHeap();
        heap.AddRegion(_region, RegionBytes);
        MembufMap start = heap.GetMap();
        var random = new Random(3);
        List<nint> blocks = [];
        for (int i = 0; i < 500; i++)
        {
            blocks.Add(heap.Alloc((nuint)random.Next(random.Next(10) == 0 ? 60_000 : 1000)));
            if (i % 3 == 0)
            {
                int at = random.Next(blocks.Count);
                heap.Deref(blocks[at]);
                blocks.RemoveAt(at);
            }

            AssertSound(heap, blocks);
        }

        Assert.True(heap.Arena.ReservedBytes > RegionBytes, "the region was never too small");
        Shuffle(blocks, random);
        while (blocks.Count > 0)
        {
            heap.Deref(blocks[^1]);
            blocks.RemoveAt(blocks.Count - 1);
            if (blocks.Count % 7 == 0)
            {
                AssertSound(heap, blocks);
            }
        }

        heap.Trim();
        Assert.Equal(start.FreeRegions, heap.GetMap().FreeRegions);
        Assert.Equal(0u, heap.GetMap().UsedBytes);
    }

    [Fact]
    public void NeighboursAreOneRegion()
    {
        MembufHeap heap = NewMembufHeap();
        heap.AddRegion(_region, RegionBytes);
        nint[] blocks = [heap.Alloc(40_000), heap.Alloc(40_000), heap.Alloc(40_000), heap.Alloc(40_000)];
        Assert.Equal(Enumerable.Range(0, 4).Select(i => _region + (i * Granule.Bytes)), blocks);

        heap.Deref(blocks[0]);
        heap.Deref(blocks[2]);
        Assert.Equal(
            [new(_region, Granule.Bytes), new(blocks[2], Granule.Bytes), new MembufRegion(_region + (4 * Granule.Bytes), RegionBytes - (4 * Granule.Bytes))],
            heap.GetMap().FreeRegions.Count == 3 ? heap.GetMap().FreeRegions : Separate(heap, blocks[3]));
        heap.Deref(blocks[1]);
        Assert.Equal(2, heap.GetMap().FreeRegions.Count);
        Assert.Equal(new MembufRegion(_region, 3 * Granule.Bytes), heap.GetMap().FreeRegions[0]);
        heap.Deref(blocks[3]);
        Assert.Equal([new MembufRegion(_region, RegionBytes)], heap.GetMap().FreeRegions);
    }

    [Fact]
    public void MailIsUsedUntilItIsRead()
    {
        MembufHeap heap = NewMembufHeap();
        heap.AddRegion(_region, RegionBytes);
        nint block = heap.Alloc(40_000);
        OnThread.Run(() => Assert.Equal(0, heap.Deref(block)));

        Assert.Equal((nuint)Granule.Bytes, heap.GetMap().UsedBytes);
        Assert.Equal(0, heap.Trim(0));
        Assert.Equal(0u, heap.GetMap().UsedBytes);
    }

    [Fact]
    public void TrimGivesBackWhatThisThreadAndThoseThatAreGoneHave()
    {
        MembufHeap heap = NewMembufHeap();
        Use(heap);
        OnThread.Run(() =>
        {
            Use(heap);
            heap.Detach();
        });
        Assert.Equal(1, heap.Statistics.Orphans);
        Assert.True(heap.Arena.CommittedBytes > 0);

        long given = 0;
        for (long step = heap.Trim(100_000); step > 0; step = heap.Trim(100_000))
        {
            Assert.InRange(step, 1, 100_000 + (4 * Granule.Bytes));
            given += step;
        }

        Assert.True(given > 0);
        Assert.Equal(0u, heap.Arena.CommittedBytes);
        Assert.Empty(heap.GetMap().FreeRegions);
        heap.Verify();
    }

    [Fact]
    public void TrimLeavesASharedArenasSpareMemoryToIt()
    {
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 1 });
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { Arena = arena });
        Use(heap);
        heap.Trim();

        Assert.Equal(arena.CommittedBytes, arena.SpareBytes);
        Assert.True(arena.SpareBytes > 0);
        Assert.True(heap.GetMap().FreeBytes >= arena.SpareBytes);
        arena.Trim();
        Assert.Equal((0u, 0u), (arena.CommittedBytes, heap.GetMap().FreeBytes));
    }

    [Fact]
    public void TrimOfAThreadWithoutMemoryLeavesThatOfOthers()
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(100);
        OnThread.Run(() => heap.Trim());
        *(int*)block = 1;
        Assert.Equal(1, heap.Statistics.Threads);
        heap.Deref(block);
        Assert.Throws<ArgumentOutOfRangeException>(() => heap.Trim(-1));
    }

    [Fact]
    public void TrimRunsWhatWasLeftToTheThreadAndThrowsWhatItThrows()
    {
        MembufHeap heap = NewMembufHeap();
        MembufPolicy policy = heap.Register((_, _) => throw new FormatException());
        nint block = heap.Alloc(100, 0, policy);
        LeaveToOwner(heap, block);

        Assert.Throws<FormatException>(() => heap.Trim());
        Assert.Equal(0, heap.Statistics.LiveBlocks);
        heap.Trim();
    }

    // As if another thread's release and the owner's had missed each other.
    private static void LeaveToOwner(MembufHeap heap, nint block)
    {
        heap.Ref(block);
        OnThread.Run(() => Assert.Equal(1, heap.Deref(block)));
        MembufRecords.SetLocalCount(heap, block, 1);
    }

    // A region that was used may have kept runs; it is the same memory.
    private static IReadOnlyList<MembufRegion> Separate(MembufHeap heap, nint last)
    {
        heap.Trim();
        Assert.True(heap.IsLive(last));
        return heap.GetMap().FreeRegions;
    }

    private static void Use(MembufHeap heap)
    {
        nint[] blocks = [.. Enumerable.Range(0, 2000).Select(i => heap.Alloc((nuint)(i * 3))), heap.Alloc(300_000), heap.Alloc(3 << 20)];
        Assert.All(blocks, block => Assert.Equal(0, heap.Deref(block)));
    }

    private static void AssertSound(MembufHeap heap, List<nint> blocks)
    {
        MembufMap map = heap.GetMap();
        nint end = 0;
        foreach (MembufRegion region in map.FreeRegions)
        {
            Assert.True(region.Start > end, "free regions are not in order, or neighbours are not one");
            end = region.Start + (nint)region.Bytes;
        }

        foreach (nint block in blocks)
        {
            nint last = block + (nint)nuint.Max(heap.SizeOf(block), 1) - 1;
            Assert.DoesNotContain(map.FreeRegions, region => region.Start <= last && block < region.Start + (nint)region.Bytes);
        }

        nuint sizes = blocks.Aggregate((nuint)0, (sum, block) => sum + heap.SizeOf(block));
        Assert.True(map.UsedBytes >= sizes);
        nuint granules = heap.Arena.GetMap().Aggregate((nuint)0, static (sum, range) => sum + range.Bytes);
        nuint never = map.FreeRegions.Count == 0 ? 0 : map.UsedBytes + map.FreeBytes - granules;
        Assert.Equal(0u, never % Granule.Bytes);
        Assert.InRange(never, 0u, (nuint)RegionBytes);
    }

    private static void Shuffle(List<nint> blocks, Random random)
    {
        nint[] shuffled = [.. blocks];
        random.Shuffle(shuffled);
        blocks.Clear();
        blocks.AddRange(shuffled);
    }
}
