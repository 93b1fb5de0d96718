using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;

namespace Rm.Bench.Counting;

/// <summary>A retain and a release of a random one of the live blocks.</summary>
public class RetainReleaseBenchmarks
{
    private RandomBlocks _blocks = null!;
    private RmState _state = null!;
    private Dictionary<nint, nint> _counts = null!;

    /// <summary>Blocks that live.</summary>
    [Params(1_000, 100_000, 1_000_000)]
    public int Live { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _blocks = new RandomBlocks(Live);
        _state = RandomBlocks.Track(_blocks.Addresses);
        _counts = _blocks.Addresses.ToDictionary(static block => block, static _ => (nint)1);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _state.Dispose();
        _blocks.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = RandomBlocks.Draws)]
    public void Dictionary()
    {
        foreach (nint block in _blocks.Order)
        {
            ++CollectionsMarshal.GetValueRefOrNullRef(_counts, block);
            --CollectionsMarshal.GetValueRefOrNullRef(_counts, block);
        }
    }

    [Benchmark(OperationsPerInvoke = RandomBlocks.Draws)]
    public void RetainRelease()
    {
        RmState state = _state;
        foreach (nint block in _blocks.Order)
        {
            state.RmRetain(block);
            state.RmRelease(block);
        }
    }

    [Benchmark(OperationsPerInvoke = RandomBlocks.Draws)]
    public void TryRetainTryRelease()
    {
        RmState state = _state;
        foreach (nint block in _blocks.Order)
        {
            state.RmTryRetain(block, out _);
            state.RmTryRelease(block, out _);
        }
    }
}
