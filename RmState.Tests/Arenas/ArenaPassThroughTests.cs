using Rm.Arenas;
using Rm.Memory;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Arenas;

/// <summary>Every block is one of malloc's, and everything an arena says stays true.</summary>
public sealed unsafe class ArenaPassThroughTests : LeakChecked
{
    private readonly FaultPlan _plan = new();
    private readonly FaultyVirtualMemory _memory;
    private readonly Arena _arena;
    private readonly SizeClassHeap _heap;

    public ArenaPassThroughTests()
    {
        _memory = NewVirtualMemory(_plan);
        _arena = NewArena(new ArenaOptions { PassThrough = true, Memory = _memory });
        _heap = _arena.CreateHeap("through");
    }

    [Fact]
    public void EveryBlockIsOneAllocation()
    {
        Assert.True(_arena.IsPassThrough);
        nuint[] sizes = [0, 1, 100, 5000, 100_000, 3 << 20];
        nint[] blocks = [.. sizes.Select(_heap.Allocate)];
        Assert.Equal(sizes.Length, _memory.AlignedBlocks);
        Assert.Equal(sizes.Select(s => Math.Max(1, (long)s)), Allocated());
        Assert.Equal(sizes.Select(s => (long)s), blocks.Select(b => (long)_heap.UsableSize(b)));
        Assert.All(blocks, _heap.Free);
        Assert.Equal(0, _memory.AlignedBlocks);
    }

    [Fact]
    public void StatisticsAreTrue()
    {
        nint[] blocks = [_heap.Allocate(100), _heap.AllocateZeroed(5000), _heap.AllocateAligned(300, 4096)];
        Assert.Equal(new PoolUsage(3, 5400, 0, 5400, 3), _heap.Usage);
        ArenaStatistics totals = _arena.Statistics;
        Assert.Equal((3L, 5400u, 5400u, 0u), (totals.LiveBlocks, totals.LiveBytes, totals.CommittedBytes, totals.SpareBytes));
        Assert.Equal(0u, (nuint)blocks[2] % 4096);
        _heap.Free(blocks[1]);
        Assert.Equal(new PoolUsage(2, 400, 0, 400, 2), _heap.Usage);
        Assert.Equal((400u, 5400u), (_arena.CommittedBytes, _arena.Statistics.PeakCommittedBytes));
        Assert.Equal(0, _heap.Trim());
        Assert.Equal(0, _arena.Trim());
        _arena.Verify();
    }

    [Fact]
    public void RandomWorkRuns()
    {
        var work = new HeapWork(_heap, 1);
        for (int round = 0; round < 10; round++)
        {
            work.Run(200);
            _arena.Verify();
            Assert.Equal(work.Blocks.Count, _memory.AlignedBlocks);
            Assert.Equal(work.Blocks.All.Sum(b => (long)work.Blocks.SizeOf(b)), (long)_arena.CommittedBytes);
        }
    }

    [Fact]
    public void AddressesOfBlocksAreItsPools()
    {
        nint block = _heap.Allocate(100);
        SizeClassHeap other = _arena.CreateHeap();
        nint empty = other.Allocate(0);
        Assert.Same(_heap, _arena.PoolOf(block));
        Assert.Same(_heap, _arena.PoolOf(block + 99));
        Assert.Null(_arena.PoolOf(block + 100));
        Assert.Same(other, _arena.PoolOf(empty));
        Assert.Equal((AddressOwner.Mine, AddressOwner.Foreign), (_heap.OwnerOf(block), other.OwnerOf(block)));
        _heap.Free(block);
        Assert.False(_arena.Contains(block));
    }

    [Fact]
    public void MisuseIsFoundAndChangesNothing()
    {
        nint block = _heap.Allocate(100);
        nint freed = _heap.Allocate(100);
        _heap.Free(freed);
        SizeClassHeap other = _arena.CreateHeap();
        PoolUsage usage = _heap.Usage;
        Assert.Throws<ArgumentNullException>(() => _heap.Free(0));
        Assert.Throws<MisalignedPointerException>(() => _heap.Free(block + 16));
        Assert.Throws<MisalignedPointerException>(() => _heap.Reallocate(block + 1, 0, 5, 0));
        Assert.Throws<ForeignBlockException>(() => other.Free(block));
        Assert.Throws<ForeignBlockException>(() => _heap.Free(freed));
        Assert.Throws<ForeignBlockException>(() => _heap.Reallocate(freed, 0, 200, 0));
        Assert.Equal((0u, 0u), (_heap.UsableSize(freed), _heap.UsableSize(block + 1)));
        Assert.Equal(usage, _heap.Usage);
        _heap.Free(block);
    }

    [Fact]
    public void LimitHoldsAndWhatDoesNotFitChangesNothing()
    {
        _arena.CommitLimit = 10_000;
        var blocks = new FilledBlocks(_heap);
        nint block = blocks.Add(_heap.Allocate(6000), 6000);
        Assert.Equal(0, _heap.Allocate(4001));
        Assert.Equal(0, blocks.Resize(block, 7000));
        Assert.Equal(6000u, _arena.CommittedBytes);
        Assert.NotEqual(0, blocks.Add(_heap.Allocate(4000), 4000));
        Assert.Equal(0, _heap.Allocate(1));
        Assert.Throws<InvalidOperationException>(() => _arena.CommitLimit = 9999);
        Assert.Equal(2, _memory.AlignedBlocks);
        blocks.FreeAll();
        Assert.Equal(0u, _arena.CommittedBytes);
    }

    [Fact]
    public void WithoutMemoryThereIsNoBlockAndNothingChanges()
    {
        var blocks = new FilledBlocks(_heap);
        nint block = blocks.Add(_heap.Allocate(100), 100);
        _plan.FailFromNow();
        Assert.Equal(0, _heap.Allocate(100));
        Assert.Equal(0, _heap.AllocateZeroed(100));
        Assert.Equal(0, _heap.AllocateAligned(100, 64));
        Assert.Equal(0, blocks.Resize(block, 200));
        Assert.Equal(new PoolUsage(1, 100, 0, 100, 1), _heap.Usage);
        Assert.Equal(100u, _arena.CommittedBytes);
        _plan.Stop();
        Assert.Equal(0, _heap.Allocate(nuint.MaxValue));
        blocks.FreeAll();
    }

    [Fact]
    public void DisposeFreesWhatIsLeft()
    {
        _ = _heap.Allocate(100);
        SizeClassHeap other = _arena.CreateHeap();
        _ = other.Allocate(200);
        other.Dispose();
        Assert.Equal((1, 100u), (_memory.AlignedBlocks, _arena.CommittedBytes));
        _arena.Dispose();
        Assert.Equal((0, 0), (_memory.AlignedBlocks, _memory.Reservations));
    }

    private IEnumerable<long> Allocated() =>
        _memory.Calls.Where(c => c.Call == MemoryCall.Allocate).Select(c => (long)c.Bytes);
}
