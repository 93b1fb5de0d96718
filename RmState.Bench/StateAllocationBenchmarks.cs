using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;

namespace Rm.Bench;

/// <summary>Allocating and freeing through a state, against NativeMemory.</summary>
public unsafe class StateAllocationBenchmarks
{
    private RmState _state = null!;

    /// <summary>Bytes of the block.</summary>
    [Params(16, 64, 4_096)]
    public int Size { get; set; }

    /// <summary>Blocks that live besides.</summary>
    [Params(1, 1_000, 1_000_000)]
    public int Others { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _state = new RmState(new RmStateOptions { Seed = 1 });
        for (int block = 0; block < Others; block++)
        {
            _state.RmMalloc(RandomBlocks.BlockSize);
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _state.Dispose();

    [Benchmark(Baseline = true)]
    public void AllocFree() => NativeMemory.Free(NativeMemory.Alloc((nuint)Size));

    [Benchmark]
    public long MallocRelease() => _state.RmRelease(_state.RmMalloc((nuint)Size));

    [Benchmark]
    public long CallocRelease() => _state.RmRelease(_state.RmCalloc(1, (nuint)Size));

    [Benchmark]
    public long AlignedAllocRelease() => _state.RmRelease(_state.RmAlignedAlloc(64, (nuint)Size));

    [Benchmark]
    public long MallocReallocRelease() => _state.RmRelease(_state.RmRealloc(_state.RmMalloc((nuint)Size), 2 * (nuint)Size));
}
