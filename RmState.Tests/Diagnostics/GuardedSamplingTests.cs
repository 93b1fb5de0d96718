using Rm.Diagnostics;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Diagnostics;

/// <summary>One block in so many is guarded, which of them depends on the seed alone.</summary>
public sealed class GuardedSamplingTests : LeakChecked
{
    private const int Allocations = 20_000;

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(100)]
    public void AboutOneInSoManyIsGuarded(int oneIn)
    {
        CountingAllocator inner = NewAllocator();
        using var allocator = new GuardedAllocator(
            new GuardedAllocatorOptions { SampleOneIn = oneIn, Seed = 5, Inner = inner, Memory = NewVirtualMemory() });
        for (int i = 0; i < Allocations; i++)
        {
            nint block = allocator.Allocate(24);
            allocator.Free(block, 24, 0);
        }

        GuardedAllocatorStatistics now = allocator.Statistics;
        Assert.InRange(now.Guarded, (long)(0.8 * Allocations / oneIn), (long)(1.2 * Allocations / oneIn));
        Assert.Equal(Allocations, now.Guarded + now.SampledOut);
        Assert.Equal(inner.Frees, now.SampledOut);
        Assert.Equal(0, now.Overflowed);
    }

    [Fact]
    public void ASeedDrawsTheSameBlocksAndAnotherOnesOthers()
    {
        List<int> first = Drawn(11);

        Assert.Equal(first, Drawn(11));
        Assert.NotEqual(first, Drawn(12));
        int[] gaps = [.. first.Zip(first.Skip(1), (a, b) => b - a)];
        Assert.All(gaps, gap => Assert.InRange(gap, 1, 15));
        Assert.True(gaps.Distinct().Count() > 8, "the gaps between guarded blocks are nearly all alike");
    }

    [Fact]
    public void GuardedBlockThatGrowsIsDrawnAnewAndAnotherStaysUnguarded()
    {
        CountingAllocator inner = NewAllocator();
        using var allocator = new GuardedAllocator(
            new GuardedAllocatorOptions { SampleOneIn = 1 << 30, Seed = 5, Inner = inner, Memory = NewVirtualMemory() });
        nint block = allocator.Allocate(24);
        block = allocator.Reallocate(block, 24, 48, 0);

        Assert.Equal((0L, 1L), (allocator.Statistics.Guarded, allocator.Statistics.SampledOut));
        Assert.True(inner.Holds(block));
        allocator.Free(block, 48, 0);
    }

    private List<int> Drawn(int seed)
    {
        using var allocator = new GuardedAllocator(
            new GuardedAllocatorOptions { SampleOneIn = 8, Seed = seed, Memory = NewVirtualMemory() });
        var drawn = new List<int>();
        for (int i = 0; i < 2000; i++)
        {
            long before = allocator.Statistics.Guarded;
            allocator.Free(allocator.Allocate(24), 24, 0);
            if (allocator.Statistics.Guarded != before)
            {
                drawn.Add(i);
            }
        }

        return drawn;
    }
}
