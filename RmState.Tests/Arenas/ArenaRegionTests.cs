using System.Runtime.InteropServices;
using Rm.Arenas;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>The caller's memory as part of an arena.</summary>
public sealed unsafe class ArenaRegionTests : LeakChecked
{
    private const int Size = 2 << 20;

    private readonly byte* _memory = (byte*)NativeMemory.AlignedAlloc(Size, Granule.Bytes);

    public ArenaRegionTests() => new Span<byte>(_memory, Size).Fill(0xEE);

    private nint Start => (nint)_memory;

    public override void Dispose()
    {
        base.Dispose();
        NativeMemory.AlignedFree(_memory);
    }

    [Fact]
    public void BlocksComeFromTheRegionFirst()
    {
        FaultyVirtualMemory memory = NewVirtualMemory();
        Arena arena = NewArena(new ArenaOptions { Memory = memory });
        arena.AddRegion(Start, Size);
        Assert.Equal((nuint)Size, arena.ReservedBytes);
        SizeClassHeap heap = arena.CreateHeap();
        int inside = 0;
        while (arena.ReservedBytes == Size)
        {
            nint block = heap.Allocate(10_000);
            inside += IsInside(block) ? 1 : 0;
        }

        Assert.InRange(inside, 170, Size / 10_000);
        arena.Verify();
    }

    [Theory]
    [InlineData(0, Size, Size)]
    [InlineData(1, Size - 1, Size - Granule.Bytes)]
    [InlineData(100, Granule.Bytes * 2, Granule.Bytes)]
    [InlineData(Granule.Bytes - 1, Granule.Bytes + 1, Granule.Bytes)]
    [InlineData(0, (3 * Granule.Bytes) - 1, 2 * Granule.Bytes)]
    public void OnlyWholeAlignedGranulesAreUsed(int offset, int bytes, int used)
    {
        Arena arena = NewArena();
        var events = new ArenaEvents(arena);
        arena.AddRegion(Start + offset, (nuint)bytes);
        Assert.Equal((nuint)used, arena.ReservedBytes);
        Assert.Equal((nuint)used, events.Bytes);
    }

    [Fact]
    public void ImpossibleRegionsAreRefused()
    {
        Arena arena = NewArena();
        Assert.Throws<ArgumentNullException>(() => arena.AddRegion(0, Size));
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.AddRegion(Start, Granule.Bytes - 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.AddRegion(Start + 1, (2 * Granule.Bytes) - 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.AddRegion(Start, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.AddRegion(Start, nuint.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.AddRegion(Start, (nuint)1 << 48));
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.AddRegion(-Size, Size / 2));
        Assert.Equal(0u, arena.ReservedBytes);
    }

    [Fact]
    public void RegionsMayNotOverlapWhatTheArenaHas()
    {
        Arena arena = NewArena();
        arena.AddRegion(Start + (4 * Granule.Bytes), 4 * Granule.Bytes);
        Assert.Throws<ArgumentException>(() => arena.AddRegion(Start, Size));
        Assert.Throws<ArgumentException>(() => arena.AddRegion(Start, 5 * Granule.Bytes));
        Assert.Throws<ArgumentException>(() => arena.AddRegion(Start + (7 * Granule.Bytes), 2 * Granule.Bytes));
        Assert.Throws<ArgumentException>(() => arena.AddRegion(Start + (5 * Granule.Bytes), Granule.Bytes));
        arena.AddRegion(Start, 4 * Granule.Bytes);
        arena.AddRegion(Start + (8 * Granule.Bytes), 2 * Granule.Bytes);
        Assert.Equal((nuint)10 * Granule.Bytes, arena.ReservedBytes);
    }

    [Fact]
    public void BlockOfTheArenaCannotBecomeARegionOfIt()
    {
        Arena arena = NewArena();
        SizeClassHeap heap = arena.CreateHeap();
        nint large = heap.Allocate(4 << 20);
        nint medium = heap.Allocate(500_000);
        Assert.Throws<ArgumentException>(() => arena.AddRegion(large + Granule.Bytes, 1 << 20));
        Assert.Throws<ArgumentException>(() => arena.AddRegion(medium, 500_000));
        Assert.Same(heap, arena.PoolOf(large + (2 << 20)));

        // Another arena may well live in it.
        Arena inner = NewArena();
        inner.AddRegion(large, 4 << 20);
        Assert.Equal(large, inner.CreateHeap().Allocate(1 << 20));
        inner.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(5000)]
    [InlineData(40_000)]
    [InlineData(700_000)]
    public void ZeroedBlocksAreZeroThoughTheMemoryIsNot(int size)
    {
        Arena arena = NewArena();
        arena.AddRegion(Start, Size);
        SizeClassHeap heap = arena.CreateHeap();
        nint block = heap.AllocateZeroed((nuint)size);
        Assert.True(IsInside(block));
        Assert.Equal(-1, new Span<byte>((void*)block, size).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void RandomWorkRunsInRegionsAndBesideThem()
    {
        FaultyVirtualMemory memory = NewVirtualMemory();
        Arena arena = NewArena(new ArenaOptions { Memory = memory, ChunkSize = 1 << 20 });
        arena.AddRegion(Start, Size / 2);
        arena.AddRegion(Start + (Size / 2) + 1, (Size / 2) - 1);
        var work = new HeapWork(arena.CreateHeap(), 5);
        for (int round = 0; round < 10; round++)
        {
            work.Run(200);
            arena.Verify();
            _ = arena.Trim();
            arena.Verify();
        }

        Assert.Contains(work.Blocks.All, IsInside);
        Assert.Contains(work.Blocks.All, block => !IsInside(block));
    }

    [Fact]
    public void RegionStaysTheCallersAndIsNeverGivenToTheSystem()
    {
        FaultyVirtualMemory memory = NewVirtualMemory();
        Arena arena = NewArena(new ArenaOptions { Memory = memory, SpareFraction = 0 });
        arena.AddRegion(Start, Size);
        SizeClassHeap heap = arena.CreateHeap();
        nint block = heap.Allocate(100_000);
        *(byte*)block = 0x55;
        heap.Free(block);
        _ = heap.Trim();
        nuint committed = arena.CommittedBytes;
        _ = arena.Trim();
        Assert.Equal((committed, committed), (arena.CommittedBytes, arena.SpareBytes));
        Assert.NotEqual(0u, committed);
        arena.Dispose();
        Assert.DoesNotContain(memory.Calls, call => call.Start >= Start && call.Start < Start + Size);
        Assert.Equal(0x55, *(byte*)block);
    }

    [Fact]
    public void WithoutMemoryForTheMapNothingChanges()
    {
        var plan = new FaultPlan();
        Arena arena = NewArena(new ArenaOptions { Memory = NewVirtualMemory(plan) });
        plan.FailFromNow();
        Assert.Throws<OutOfMemoryException>(() => arena.AddRegion(Start, Size));
        Assert.Equal(0u, arena.ReservedBytes);
        plan.Stop();
        arena.AddRegion(Start, Size);
    }

    private bool IsInside(nint block) => block >= Start && block < Start + Size;
}
