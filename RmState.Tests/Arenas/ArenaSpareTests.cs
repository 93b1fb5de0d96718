using Rm.Arenas;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>How much free memory is kept, and how and when the rest goes back.</summary>
public sealed class ArenaSpareTests : LeakChecked
{
    private const int Kept = 1 << 18;

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.75)]
    [InlineData(1)]
    public void NoMoreIsSpareThanTheFraction(double fraction)
    {
        Arena arena = NewArena(new ArenaOptions { SpareFraction = fraction });
        SizeClassHeap heap = arena.CreateHeap();
        nint[] blocks = [.. Enumerable.Range(0, 300).Select(_ => heap.Allocate(100_000))];
        nuint most = arena.CommittedBytes;
        foreach (nint block in blocks)
        {
            heap.Free(block);
            AssertSpare(arena, fraction);
        }

        _ = heap.Trim();
        AssertSpare(arena, fraction);
        Assert.Equal(arena.CommittedBytes, arena.SpareBytes);
        Assert.Equal(fraction < 1, arena.CommittedBytes < most);
        arena.Verify();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    public void LargeBlocksThatComeAndGoDoNotPileUp(double fraction)
    {
        Arena arena = NewArena(new ArenaOptions { SpareFraction = fraction });
        SizeClassHeap heap = arena.CreateHeap();
        for (int i = 0; i < 50; i++)
        {
            // Each is too large for the one before it.
            nint block = heap.Allocate((nuint)(2 + (i * 3)) << 20);
            heap.Free(block);
            arena.Verify();
        }

        Assert.True(arena.CommittedBytes <= 400 << 20, $"{arena.CommittedBytes} bytes are committed");
    }

    [Fact]
    public void SmallerFractionTakesEffectInSlices()
    {
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 1 });
        SizeClassHeap heap = Emptied(arena, 200);
        nuint before = arena.SpareBytes;
        arena.SpareFraction = 0;
        Assert.Equal(before, arena.SpareBytes);
        for (int i = 0; i < 20; i++)
        {
            long spare = (long)arena.SpareBytes;
            heap.Free(heap.Allocate(2 << 20));
            Assert.True(spare - (long)arena.SpareBytes <= 5 << 20, $"{spare - (long)arena.SpareBytes} bytes at once");
        }

        Assert.True(arena.SpareBytes <= 2 << 20, $"{arena.SpareBytes} bytes are spare");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(100_000)]
    [InlineData(1 << 20)]
    [InlineData(5_000_000)]
    [InlineData(int.MaxValue)]
    public void TrimGivesBackWhatItSaysInSlices(int budget)
    {
        FaultyVirtualMemory memory = NewVirtualMemory();
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 1, Memory = memory });
        SizeClassHeap heap = Emptied(arena, 100);
        heap.Free(heap.Allocate(9 << 20));
        int from = memory.Calls.Count;
        for (long given = -1; given != 0;)
        {
            (nuint committed, nuint spare, nuint metadata, nuint trimmed) = Totals(arena);
            given = arena.Trim(budget);
            (nuint committedAfter, nuint spareAfter, nuint metadataAfter, nuint trimmedAfter) = Totals(arena);
            Assert.True(given < (long)budget + (1 << 17), $"{given} bytes for a budget of {budget}");
            Assert.Equal(given, (long)(committed - committedAfter + (metadata - metadataAfter)));
            Assert.Equal(committed - committedAfter, spare - spareAfter);
            Assert.Equal(committed - committedAfter, trimmedAfter - trimmed);
            arena.Verify();

            // Byte by byte it takes too long; the rest goes at once.
            budget = budget < 100_000 && memory.Calls.Count > from + 50 ? int.MaxValue : budget;
        }

        Assert.Equal((0u, 0u), (arena.SpareBytes, arena.CommittedBytes));

        // Between what is committed lies what is not.
        Assert.All(memory.Calls.Skip(from).Where(c => c.Call == MemoryCall.Decommit), c => Assert.True(c.Bytes <= 3 << 19));
    }

    [Fact]
    public void TrimKeepsToItsBudgetWithMetadataToo()
    {
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 0 });
        SizeClassHeap heap = arena.CreateHeap();
        nint[] blocks = [.. Enumerable.Range(1, 20).Select(i => heap.Allocate((nuint)i * 16))];
        Assert.All(blocks, heap.Free);
        _ = heap.Trim();
        Assert.Equal(0u, arena.CommittedBytes);
        nuint before = arena.Statistics.MetadataBytes;
        Assert.InRange(arena.Trim(100_000), 100_000, 100_000 + (32 << 10));
        Assert.True(arena.Trim() > 100_000);
        Assert.True(arena.Statistics.MetadataBytes < before - 200_000);
    }

    [Fact]
    public void TrimOfNothingGivesNothingBack()
    {
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 1 });
        Assert.Equal(0, arena.Trim());
        _ = Emptied(arena, 30);
        ArenaStatistics before = arena.Statistics;
        Assert.Equal(0, arena.Trim(0));
        Assert.Equal(before, arena.Statistics);
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.Trim(-1));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void SpareBlockGoesInPartsOfEqualSize(int parts)
    {
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 1 });
        SizeClassHeap heap = arena.CreateHeap();
        heap.Free(heap.Allocate((nuint)parts << 20));
        for (int i = 0; i < parts; i++)
        {
            Assert.Equal(1 << 20, arena.Trim(1 << 20));
            arena.Verify();
        }

        Assert.Equal((0u, 0u), (arena.SpareBytes, arena.CommittedBytes));
    }

    [Fact]
    public void SpareMemoryIsUsedBeforeNewIsCommitted()
    {
        FaultyVirtualMemory memory = NewVirtualMemory();
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 1, Memory = memory });
        SizeClassHeap heap = Emptied(arena, 50);
        heap.Free(heap.Allocate(5 << 20));
        nuint committed = arena.CommittedBytes;
        int calls = memory.Calls.Count(c => c.Call is MemoryCall.Reserve or MemoryCall.Commit);
        nint[] blocks = [.. Enumerable.Range(0, 50).Select(_ => heap.Allocate(100_000)), heap.Allocate(3 << 20)];
        Assert.True(arena.CommittedBytes <= committed);
        Assert.Equal(calls, memory.Calls.Count(c => c.Call is MemoryCall.Reserve or MemoryCall.Commit));
        Assert.All(blocks, heap.Free);
    }

    [Theory]
    [InlineData(1, 60)]
    [InlineData(5, 12)]
    [InlineData(1000, 0)]
    public void TrimEveryGivesASliceBackAfterThatManyOperations(long every, int slices)
    {
        FaultyVirtualMemory memory = NewVirtualMemory();
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 1, TrimEvery = every, Memory = memory });
        SizeClassHeap heap = arena.CreateHeap();
        nint[] blocks = [.. Enumerable.Range(0, 60).Select(_ => heap.Allocate(1 << 20))];
        Assert.DoesNotContain(memory.Calls, c => c.Call == MemoryCall.Decommit);
        Assert.All(blocks, heap.Free);
        _ = heap.Trim();
        Assert.InRange(memory.Calls.Count(c => c.Call == MemoryCall.Decommit), slices, slices + (slices / 10));
        Assert.Equal((60 - (nuint)slices) << 20, arena.SpareBytes);
    }

    [Fact]
    public void TrimIntervalGivesASliceBackWhenTimeHasPassed()
    {
        var clock = new FakeClock();
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 1, TrimInterval = TimeSpan.FromSeconds(300), TimeProvider = clock });
        SizeClassHeap heap = Emptied(arena, 300);
        Assert.Equal(0u, TrimmedIn(TimeSpan.Zero));
        Assert.Equal(0u, TrimmedIn(TimeSpan.FromSeconds(299)));
        Assert.InRange(TrimmedIn(TimeSpan.FromSeconds(1)), 1u << 20, (1u << 20) + Granule.Bytes);
        Assert.Equal(0u, TrimmedIn(TimeSpan.FromSeconds(200)));

        // A trim by hand begins a new interval.
        _ = arena.Trim(1 << 20);
        Assert.Equal(0u, TrimmedIn(TimeSpan.FromSeconds(200)));
        Assert.NotEqual(0u, TrimmedIn(TimeSpan.FromSeconds(100)));

        nuint TrimmedIn(TimeSpan time)
        {
            nuint before = arena.Statistics.TrimmedBytes;
            clock.Advance(time);
            heap.Free(heap.Allocate(3 << 20));
            return arena.Statistics.TrimmedBytes - before;
        }
    }

    [Fact]
    public void MemoryThatTheSystemRefusesToTakeStaysSpareAndIsUsedAgain()
    {
        var plan = new FaultPlan();
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 1, Memory = NewVirtualMemory(plan) });
        SizeClassHeap heap = Emptied(arena, 20);
        nint large = heap.Allocate(3 << 20);
        heap.Free(large);
        nuint spare = arena.SpareBytes;
        plan.FailFromNow();
        Assert.Equal(0, arena.Trim());
        Assert.Equal(spare, arena.SpareBytes);
        arena.Verify();
        plan.Stop();
        Assert.Equal(large, heap.Allocate(3 << 20));
        heap.Free(large);
        Assert.True(arena.Trim() >= (long)spare);
        Assert.Equal(0u, arena.CommittedBytes);
    }

    private static SizeClassHeap Emptied(Arena arena, int blocks)
    {
        SizeClassHeap heap = arena.CreateHeap();
        nint[] taken = [.. Enumerable.Range(0, blocks).Select(_ => heap.Allocate(100_000))];
        Assert.All(taken, heap.Free);
        _ = heap.Trim();
        heap.Free(heap.Allocate(3 << 20));
        return heap;
    }

    private static void AssertSpare(Arena arena, double fraction)
    {
        double allowed = fraction == 0 ? 0 : Math.Max(Kept, arena.CommittedBytes * fraction) + (2 * Granule.Bytes);
        Assert.True(arena.SpareBytes <= allowed, $"{arena.SpareBytes} of {arena.CommittedBytes} bytes are spare");
    }

    private static (nuint Committed, nuint Spare, nuint Metadata, nuint Trimmed) Totals(Arena arena)
    {
        ArenaStatistics statistics = arena.Statistics;
        return (statistics.CommittedBytes, statistics.SpareBytes, statistics.MetadataBytes, statistics.TrimmedBytes);
    }
}
