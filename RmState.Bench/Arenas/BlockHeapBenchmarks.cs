using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Rm.Arenas;

namespace Rm.Bench.Arenas;

/// <summary>Elements of 64 bytes from a block heap, against malloc: a pair, and freeing a random live one and allocating another.</summary>
public unsafe class BlockHeapBenchmarks
{
    private const int PerBlock = 1024;

    private int[] _order = null!;
    private nint[] _malloced = null!;
    private nint[] _elements = null!;
    private BlockHeap _heap = null!;
    private BlockHeap _zeroing = null!;

    /// <summary>Elements that live.</summary>
    [Params(1_000, 100_000, 1_000_000)]
    public int Live { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(PerBlock);
        _order = [.. Enumerable.Range(0, RandomBlocks.Draws).Select(_ => random.Next(Live))];
        _heap = BlockHeap.Create(RandomBlocks.BlockSize, PerBlock, new BlockHeapOptions { Zeroed = false });
        _zeroing = BlockHeap.Create(RandomBlocks.BlockSize, PerBlock);
        _malloced = [.. Enumerable.Range(0, Live).Select(static _ => (nint)NativeMemory.Alloc(RandomBlocks.BlockSize))];
        _elements = [.. Enumerable.Range(0, Live).Select(_ => _heap.Alloc())];
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        Array.ForEach(_malloced, static block => NativeMemory.Free((void*)block));
        _heap.Dispose();
        _zeroing.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = RandomBlocks.Draws)]
    public void MallocPair()
    {
        for (int pair = 0; pair < RandomBlocks.Draws; pair++)
        {
            NativeMemory.Free(NativeMemory.Alloc(RandomBlocks.BlockSize));
        }
    }

    [Benchmark(OperationsPerInvoke = RandomBlocks.Draws)]
    public void Pair() => Pairs(_heap);

    [Benchmark(OperationsPerInvoke = RandomBlocks.Draws)]
    public void ZeroedPair() => Pairs(_zeroing);

    [Benchmark(OperationsPerInvoke = RandomBlocks.Draws)]
    public void MallocReplace()
    {
        foreach (int index in _order)
        {
            NativeMemory.Free((void*)_malloced[index]);
            _malloced[index] = Written((nint)NativeMemory.Alloc(RandomBlocks.BlockSize));
        }
    }

    [Benchmark(OperationsPerInvoke = RandomBlocks.Draws)]
    public void Replace()
    {
        BlockHeap heap = _heap;
        foreach (int index in _order)
        {
            heap.Free(_elements[index]);
            _elements[index] = Written(heap.Alloc());
        }
    }

    private static void Pairs(BlockHeap heap)
    {
        for (int pair = 0; pair < RandomBlocks.Draws; pair++)
        {
            heap.Free(heap.Alloc());
        }
    }

    private static nint Written(nint block)
    {
        *(nint*)block = block;
        return block;
    }
}
