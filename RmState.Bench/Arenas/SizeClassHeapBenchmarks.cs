using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Rm.Arenas;

namespace Rm.Bench.Arenas;

/// <summary>
/// Freeing a random live block and allocating another of 16 to 512 bytes: malloc, a size-class heap alone, and a state that counts over one.
/// </summary>
public unsafe class SizeClassHeapBenchmarks
{
    private const int Smallest = 16;
    private const int Largest = 512;

    private readonly Arena _arena = new();
    private int[] _order = null!;
    private int[] _sizes = null!;
    private nint[] _malloced = null!;
    private nint[] _allocated = null!;
    private nint[] _counted = null!;
    private SizeClassHeap _heap = null!;
    private RmState _state = null!;

    /// <summary>Blocks that live.</summary>
    [Params(1_000, 100_000, 1_000_000)]
    public int Live { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(Largest);
        _order = [.. Enumerable.Range(0, RandomBlocks.Draws).Select(_ => random.Next(Live))];
        _sizes = [.. Enumerable.Range(0, RandomBlocks.Draws).Select(_ => random.Next(Smallest, Largest + 1))];
        _heap = _arena.CreateHeap();
        _state = new RmState(new RmStateOptions { Seed = 1, Allocator = _arena.CreateHeap() });
        _malloced = [.. Enumerable.Range(0, Live).Select(block => (nint)NativeMemory.Alloc(SizeAt(block)))];
        _allocated = [.. Enumerable.Range(0, Live).Select(block => _heap.Allocate(SizeAt(block)))];
        _counted = [.. Enumerable.Range(0, Live).Select(block => _state.RmMalloc(SizeAt(block)))];
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        Array.ForEach(_malloced, static block => NativeMemory.Free((void*)block));
        _state.Dispose();
        _arena.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = RandomBlocks.Draws)]
    public void MallocReplace()
    {
        for (int draw = 0; draw < _order.Length; draw++)
        {
            ref nint block = ref _malloced[_order[draw]];
            NativeMemory.Free((void*)block);
            block = Written((nint)NativeMemory.Alloc((nuint)_sizes[draw]));
        }
    }

    [Benchmark(OperationsPerInvoke = RandomBlocks.Draws)]
    public void HeapReplace()
    {
        SizeClassHeap heap = _heap;
        for (int draw = 0; draw < _order.Length; draw++)
        {
            ref nint block = ref _allocated[_order[draw]];
            heap.Free(block);
            block = Written(heap.Allocate((nuint)_sizes[draw]));
        }
    }

    [Benchmark(OperationsPerInvoke = RandomBlocks.Draws)]
    public void CountedReplace()
    {
        RmState state = _state;
        for (int draw = 0; draw < _order.Length; draw++)
        {
            ref nint block = ref _counted[_order[draw]];
            state.RmRelease(block);
            block = Written(state.RmMalloc((nuint)_sizes[draw]));
        }
    }

    private static nint Written(nint block)
    {
        *(nint*)block = block;
        return block;
    }

    private nuint SizeAt(int block) => (nuint)_sizes[block % _sizes.Length];
}
