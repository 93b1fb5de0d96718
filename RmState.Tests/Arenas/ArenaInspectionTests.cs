using Rm.Arenas;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Arenas;

/// <summary>Totals, maps and residency say what is; Verify finds what native code wrote over.</summary>
public sealed unsafe class ArenaInspectionTests : LeakChecked
{
    [Fact]
    public void TotalsAreThoseOfThePools()
    {
        Arena arena = NewArena(new ArenaOptions { ChunkSize = 1 << 20 });
        Assert.Equal(0u, arena.Statistics.CommittedBytes);
        HeapWork[] work = [.. Enumerable.Range(0, 3).Select(i => new HeapWork(arena.CreateHeap(), i))];
        for (int round = 0; round < 20; round++)
        {
            Assert.All(work, w => w.Run(40));
            ArenaStatistics totals = arena.Statistics;
            PoolUsage[] pools = [.. arena.Pools.Select(p => p.Usage)];
            Assert.Equal((3, work.Sum(w => w.Blocks.Count)), (totals.Pools, totals.LiveBlocks));
            Assert.Equal(pools.Sum(p => (long)p.LiveBytes), (long)totals.LiveBytes);
            Assert.True(totals.LiveBytes >= (nuint)work.Sum(w => w.Blocks.All.Sum(b => (long)w.Blocks.SizeOf(b))));
            Assert.Equal((arena.CommittedBytes, arena.SpareBytes, arena.ReservedBytes), (totals.CommittedBytes, totals.SpareBytes, totals.ReservedBytes));
            Assert.True(totals.PeakCommittedBytes >= totals.CommittedBytes && totals.CommittedBytes <= totals.ReservedBytes);
            Assert.True(totals.MetadataBytes > 0 && totals.Chunks > 0);
            Assert.All(work, w => Assert.All(w.Blocks.All, b => Assert.True(w.Blocks.Heap.UsableSize(b) >= w.Blocks.SizeOf(b))));
        }
    }

    [Theory]
    [InlineData(MemoryKind.Native)]
    [InlineData(MemoryKind.Windows)]
    [InlineData(MemoryKind.NoReservations)]
    public void MapShowsAllThatIsCommitted(MemoryKind kind)
    {
        Arena arena = NewArena(new ArenaOptions { ChunkSize = 1 << 20, Memory = NewVirtualMemory(kind: kind) });
        HeapWork[] work = [.. Enumerable.Range(0, 2).Select(i => new HeapWork(arena.CreateHeap(), i))];
        for (int round = 0; round < 10; round++)
        {
            Assert.All(work, w => w.Run(60));
            IReadOnlyList<ArenaRange> map = arena.GetMap();
            Assert.All(map.Zip(map.Skip(1)), pair => Assert.True(pair.First.Start + (nint)pair.First.Bytes <= pair.Second.Start));
            Assert.Equal(arena.CommittedBytes, Sum(map, r => r.CommittedBytes));
            Assert.Equal(arena.SpareBytes, Sum(map.Where(r => r.Pool is null), r => r.CommittedBytes));
            Assert.All(map.Where(r => r.Pool is null), r => Assert.Equal((0u, 0, 0), (r.ElementSize, r.Elements, r.LiveElements)));
            foreach (HeapWork one in work)
            {
                SizeClassHeap heap = one.Blocks.Heap;
                ArenaRange[] own = [.. map.Where(r => ReferenceEquals(r.Pool, heap))];
                Assert.Equal(heap.Usage.LiveBlocks, own.Sum(r => r.LiveElements));
                Assert.Equal(heap.Usage.LiveBytes, Sum(own, r => (nuint)r.LiveElements * r.ElementSize));
                Assert.All(one.Blocks.All, b => Assert.Single(own, r => b >= r.Start && b < r.Start + (nint)r.Bytes));
            }
        }
    }

    [Fact]
    public void ResidencyFallsAfterATrim()
    {
        Arena arena = NewArena();
        SizeClassHeap heap = arena.CreateHeap();
        nint[] blocks = [.. Enumerable.Range(0, 200).Select(_ => heap.Allocate(100_000)), heap.Allocate(8 << 20)];
        nuint untouched = arena.MeasureResident();
        Assert.All(blocks, b => new Span<byte>((void*)b, (int)heap.UsableSize(b)).Fill(1));
        nuint touched = arena.MeasureResident();
        Assert.True(touched >= untouched + (27 << 20), $"{untouched}, then {touched}");
        Assert.True(touched <= arena.CommittedBytes + arena.Statistics.MetadataBytes + (1 << 20));

        Assert.All(blocks, heap.Free);
        _ = heap.Trim();
        _ = arena.Trim();
        nuint trimmed = arena.MeasureResident();
        Assert.True(trimmed <= touched - (27 << 20), $"{touched}, then {trimmed}");
        Assert.True(trimmed < 1 << 20);
    }

    [Fact]
    public void WhereTheSystemCannotTellAllCountsAsResident()
    {
        Arena arena = NewArena(new ArenaOptions { Memory = NewVirtualMemory(kind: MemoryKind.Windows) });
        _ = arena.CreateHeap().Allocate(100_000);
        Assert.Equal(arena.CommittedBytes + arena.Statistics.MetadataBytes, arena.MeasureResident());
    }

    [Fact]
    public void SoundArenaPassesAndIsNotChanged()
    {
        Arena arena = NewArena();
        var work = new HeapWork(arena.CreateHeap(), 1);
        work.Run(300);
        ArenaStatistics before = arena.Statistics;
        arena.Verify();
        Assert.Equal(before, arena.Statistics);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(50_000)]
    [InlineData(2 << 20)]
    public void PageMapWrittenOverIsFound(int size)
    {
        Arena arena = NewArena(new ArenaOptions { Name = "broken" });
        SizeClassHeap heap = arena.CreateHeap();
        nint block = heap.Allocate((nuint)size);
        ulong entry = arena.FindEntry(block);
        AssertFound(arena, () => arena.SetEntry(block, 1, 0), "nobody's");
        arena.SetEntry(block, 1, entry);
        AssertFound(arena, () => arena.SetEntry(block, 1, entry + (1UL << PageEntry.TagShift)), "does not exist");
        arena.SetEntry(block, 1, entry);
        AssertFound(arena, () => arena.SetEntry(block, 1, entry ^ 0xFF_0000_0000), "slab that does not exist");
        arena.SetEntry(block, 1, entry);
        arena.Verify();
    }

    [Fact]
    public void FreeGranuleThatIsOwnedIsFound()
    {
        Arena arena = NewArena();
        nint block = arena.CreateHeap().Allocate(100);
        AssertFound(arena, () => arena.SetEntry(block + (10 * Granule.Bytes), 1, arena.FindEntry(block)), "free but owned");
        arena.SetEntry(block + (10 * Granule.Bytes), 1, 0);
    }

    [Fact]
    public void SlabWrittenOverIsFound()
    {
        Arena arena = NewArena();
        SizeClassHeap heap = arena.CreateHeap("numbers");
        nint[] blocks = [.. Enumerable.Range(0, 10).Select(_ => heap.Allocate(1000))];
        Slab* slab = PageEntry.Slab(arena.FindEntry(blocks[0]));
        byte* marks = Slab.Marks(slab);
        Assert.True(Slab.TryIndexOf(slab, blocks[5], out int index));
        foreach (byte wrong in new byte[] { Mark.Free, Mark.Cached, Mark.CachedClean, Mark.FirstSpecial, Mark.Aligned })
        {
            AssertFound(arena, () => marks[index] = wrong, "'numbers' is corrupt");
            marks[index] = Mark.Live;
        }

        AssertFound(arena, () => slab->Free++, "are free, it says");
        slab->Free--;
        AssertFound(arena, () => slab->Cursor = slab->Elements, "is corrupt");
        slab->Cursor = 0;
        heap.Verify();
        Assert.All(blocks, heap.Free);
    }

    private static void AssertFound(Arena arena, Action damage, string message)
    {
        damage();
        CorruptArenaException found = Assert.Throws<CorruptArenaException>(arena.Verify);
        Assert.Contains(message, found.Message, StringComparison.Ordinal);
    }

    private static nuint Sum(IEnumerable<ArenaRange> ranges, Func<ArenaRange, nuint> bytes) =>
        ranges.Aggregate((nuint)0, (sum, range) => sum + bytes(range));
}
