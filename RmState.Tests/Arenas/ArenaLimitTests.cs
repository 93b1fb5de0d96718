using Rm.Arenas;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>No more is committed than the limit allows, and what does not fit changes nothing.</summary>
public sealed class ArenaLimitTests : LeakChecked
{
    private const int Limit = 4 << 20;

    [Theory]
    [InlineData(16)]
    [InlineData(5000)]
    [InlineData(100_000)]
    [InlineData(1_200_000)]
    public void ExhaustedArenaGivesNothingAndStaysAsItWas(int size)
    {
        Arena arena = NewArena(new ArenaOptions { CommitLimit = Limit });
        var blocks = new FilledBlocks(arena.CreateHeap());
        while (blocks.Add(blocks.Heap.Allocate((nuint)size), (nuint)size) != 0)
        {
            Assert.True(arena.CommittedBytes <= Limit);
        }

        PoolUsage usage = blocks.Heap.Usage;
        ArenaStatistics statistics = arena.Statistics;
        Assert.True(usage.LiveBytes > Limit / 2, $"only {usage.LiveBytes} bytes fit");
        Assert.Equal(0, blocks.Heap.Allocate((nuint)size));
        Assert.Equal(0, blocks.Heap.AllocateZeroed(3 << 20));
        Assert.Equal(0, blocks.Heap.AllocateAligned(3 << 20, 1 << 20));
        Assert.Equal(0, blocks.Resize(blocks.Nth(0), 3 << 20));
        Assert.Equal(usage, blocks.Heap.Usage);
        Assert.Equal(statistics, arena.Statistics with { MetadataBytes = statistics.MetadataBytes });
        arena.Verify();

        blocks.AssertFilled();
        blocks.Free(blocks.Nth(0));
        Assert.NotEqual(0, blocks.Add(blocks.Heap.Allocate((nuint)size), (nuint)size));
    }

    [Theory]
    [InlineData(MemoryKind.Native)]
    [InlineData(MemoryKind.Windows)]
    [InlineData(MemoryKind.MacOS)]
    [InlineData(MemoryKind.LargePages)]
    [InlineData(MemoryKind.NoReservations)]
    public void RandomWorkNeverCommitsMore(MemoryKind kind)
    {
        Arena arena = NewArena(new ArenaOptions { CommitLimit = Limit, ChunkSize = 1 << 20, Memory = NewVirtualMemory(kind: kind) });
        var events = new ArenaEvents(arena);
        var work = new HeapWork(arena.CreateHeap(), 7);
        for (int round = 0; round < 60; round++)
        {
            work.Run(50);
            arena.Verify();
            Assert.Equal(arena.ReservedBytes, events.Bytes);
        }

        Assert.True(work.Refused > 0);
        Assert.InRange(arena.Statistics.PeakCommittedBytes, (nuint)Limit / 2, (nuint)Limit);
        work.Blocks.FreeAll();
        _ = work.Blocks.Heap.Trim();
        arena.CommitLimit = nuint.MaxValue;
        int refused = work.Refused;
        work.Run(300);
        Assert.Equal(refused, work.Refused);
        Assert.Empty(events.Wrong);
    }

    [Fact]
    public void SpareBlockThatGrowsIsNotTrimmedForItsOwnGrowth()
    {
        Arena arena = NewArena(new ArenaOptions { CommitLimit = Limit, SpareFraction = 1 });
        var blocks = new FilledBlocks(arena.CreateHeap());
        blocks.Add(blocks.Heap.Allocate(2 << 20), 2 << 20);
        blocks.Free(blocks.Add(blocks.Heap.Allocate(1200 << 10), 1200 << 10));
        nuint size = 1500 << 10;
        Assert.NotEqual(0, blocks.Add(blocks.Heap.Allocate(size), size));
        arena.Verify();
        size = 1800 << 10;
        Assert.NotEqual(0, blocks.Resize(blocks.Nth(1), size));
        arena.Verify();
        Assert.Equal(0, blocks.Add(blocks.Heap.Allocate(1100 << 10), 1100 << 10));
    }

    [Fact]
    public void LowerLimitGivesSpareMemoryBack()
    {
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 1 });
        SizeClassHeap heap = arena.CreateHeap();
        nint[] blocks = [.. Enumerable.Range(0, 100).Select(_ => heap.Allocate(100_000))];
        Assert.All(blocks.Skip(10), heap.Free);
        _ = heap.Trim();
        Assert.True(arena.SpareBytes > 8 << 20);

        arena.CommitLimit = 3 << 20;

        Assert.InRange(arena.CommittedBytes, 1u << 20, 3u << 20);
        Assert.Equal((nuint)3 << 20, arena.CommitLimit);
        arena.Verify();
    }

    [Fact]
    public void LimitBelowWhatIsInUseIsRefused()
    {
        Arena arena = NewArena(new ArenaOptions { CommitLimit = Limit });
        SizeClassHeap heap = arena.CreateHeap();
        nint[] blocks = [.. Enumerable.Range(0, 10).Select(_ => heap.Allocate(100_000))];
        nuint used = arena.CommittedBytes - arena.SpareBytes;

        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => arena.CommitLimit = used - 1);

        Assert.Contains($"{used} bytes are in use", refused.Message, StringComparison.Ordinal);
        Assert.Equal((nuint)Limit, arena.CommitLimit);
        Assert.Equal(used, arena.CommittedBytes);
        arena.CommitLimit = used;
        Assert.Equal(0, heap.Allocate(1_000_000));
        Assert.All(blocks, heap.Free);
    }

    [Fact]
    public void BlockOfTheLibraryCountsWithAllItsBytes()
    {
        FaultyVirtualMemory memory = NewVirtualMemory(kind: MemoryKind.NoReservations);
        Arena arena = NewArena(new ArenaOptions { CommitLimit = Limit + memory.PageSize, Memory = memory });
        SizeClassHeap heap = arena.CreateHeap();
        int blocks = memory.AlignedBlocks;

        // There it is rounded up to a granule, not to a page.
        Assert.Equal(0, heap.Allocate(Limit + 1));
        Assert.Equal(0u, arena.CommittedBytes);
        Assert.InRange(memory.AlignedBlocks, blocks, blocks + 1);
        Assert.NotEqual(0, heap.Allocate(Limit));
        Assert.Equal((nuint)Limit, arena.CommittedBytes);
    }

    [Fact]
    public void ZeroLimitAllowsNothing()
    {
        Arena arena = NewArena(new ArenaOptions { CommitLimit = 0 });
        SizeClassHeap heap = arena.CreateHeap();
        Assert.Equal(0, heap.Allocate(1));
        Assert.Equal(0, heap.Allocate(2 << 20));
        Assert.Equal(0u, arena.CommittedBytes);
        arena.CommitLimit = Limit;
        Assert.NotEqual(0, heap.Allocate(1));
    }

    [Fact]
    public void SpareMemoryOfOtherKindsMakesRoom()
    {
        // Spare large blocks for granules, and spare granules for a large block.
        Arena arena = NewArena(new ArenaOptions { CommitLimit = Limit, SpareFraction = 1 });
        SizeClassHeap heap = arena.CreateHeap();
        heap.Free(heap.Allocate(7 << 19));
        nint[] blocks = [.. Enumerable.Range(0, 30).Select(_ => heap.Allocate(100_000))];
        Assert.DoesNotContain(0, blocks);
        Assert.All(blocks, heap.Free);
        _ = heap.Trim();
        Assert.NotEqual(0, heap.Allocate(7 << 19));
        arena.Verify();
    }
}
