using BenchmarkDotNet.Attributes;
using Rm.Arenas;

namespace Rm.Bench.Arenas;

/// <summary>What an arena itself costs: making one, taking memory and giving it back, asking about addresses.</summary>
public class ArenaBenchmarks
{
    private const int Blocks = 10_000;
    private const int LargeSize = 4 << 20;

    private readonly nint[] _blocks = new nint[Blocks];
    private Arena _arena = null!;
    private SizeClassHeap _heap = null!;

    [GlobalSetup]
    public void Setup()
    {
        _arena = new Arena();
        _heap = _arena.CreateHeap();
        foreach (ref nint block in _blocks.AsSpan())
        {
            block = _heap.Allocate(RandomBlocks.BlockSize);
        }

        new Random(Blocks).Shuffle(_blocks);
    }

    [GlobalCleanup]
    public void Cleanup() => _arena.Dispose();

    /// <summary>An arena, a heap in it and one block, and the end of all three.</summary>
    [Benchmark]
    public nint Create()
    {
        using var arena = new Arena();
        return arena.CreateHeap().Allocate(RandomBlocks.BlockSize);
    }

    /// <summary>A block with a mapping of its own, which is spare in between.</summary>
    [Benchmark]
    public void LargePair() => _heap.Free(_heap.Allocate(LargeSize));

    /// <summary>Fills a heap and empties it, and gives its memory back.</summary>
    [Benchmark(OperationsPerInvoke = Blocks)]
    public long FillEmptyTrim()
    {
        using SizeClassHeap heap = _arena.CreateHeap();
        Span<nint> blocks = new nint[Blocks];
        foreach (ref nint block in blocks)
        {
            block = heap.Allocate(RandomBlocks.BlockSize);
        }

        foreach (nint block in blocks)
        {
            heap.Free(block);
        }

        return heap.Trim() + _arena.Trim();
    }

    [Benchmark(OperationsPerInvoke = Blocks)]
    public int PoolOf()
    {
        int found = 0;
        foreach (nint block in _blocks)
        {
            found += _arena.PoolOf(block) is null ? 0 : 1;
        }

        return found;
    }

    [Benchmark]
    public nuint MeasureResident() => _arena.MeasureResident();
}
