using BenchmarkDotNet.Attributes;
using Rm.Diagnostics;
using Rm.Memory;

namespace Rm.Bench.Diagnostics;

/// <summary>What a block costs, allocated and freed at once, over allocators that look for misuse.</summary>
public class GuardedBenchmarks
{
    private readonly MallocAllocator _malloc = new();
    private GuardedAllocator _guarded = null!;
    private GuardedAllocator _sampled = null!;
    private RedZoneAllocator _zones = null!;

    [GlobalSetup]
    public void Setup()
    {
        _guarded = new GuardedAllocator();
        _sampled = new GuardedAllocator(new GuardedAllocatorOptions { SampleOneIn = 1000, MaxBlocks = 256, Seed = 1 });
        _zones = new RedZoneAllocator();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _guarded.Dispose();
        _sampled.Dispose();
        _zones.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void Malloc() => Pair(_malloc);

    /// <summary>Every block.</summary>
    [Benchmark]
    public void Guarded() => Pair(_guarded);

    /// <summary>One block in a thousand.</summary>
    [Benchmark]
    public void Sampled() => Pair(_sampled);

    [Benchmark]
    public void RedZones() => Pair(_zones);

    private static void Pair(INativeAllocator allocator) =>
        allocator.Free(allocator.Allocate(RandomBlocks.BlockSize), RandomBlocks.BlockSize, 0);
}
