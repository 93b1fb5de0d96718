using BenchmarkDotNet.Attributes;

namespace Rm.Bench;

/// <summary>What a state can be asked without changing it.</summary>
public class StateLookupBenchmarks
{
    private RandomBlocks _blocks = null!;
    private RmState _state = null!;

    /// <summary>Blocks that live.</summary>
    [Params(1_000, 1_000_000)]
    public int Live { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _blocks = new RandomBlocks(Live);
        _state = RandomBlocks.Track(_blocks.Addresses);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _state.Dispose();
        _blocks.Dispose();
    }

    [Benchmark(OperationsPerInvoke = RandomBlocks.Draws)]
    public long Count()
    {
        long sum = 0;
        foreach (nint block in _blocks.Order)
        {
            sum += _state.RmCount(block);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = RandomBlocks.Draws)]
    public nuint Size()
    {
        nuint sum = 0;
        foreach (nint block in _blocks.Order)
        {
            sum += _state.RmSize(block);
        }

        return sum;
    }

    /// <summary>Addresses one byte into a block, which no table knows.</summary>
    [Benchmark(OperationsPerInvoke = RandomBlocks.Draws)]
    public int ContainsNot()
    {
        int found = 0;
        foreach (nint block in _blocks.Order)
        {
            found += _state.RmContains(block + 1) ? 1 : 0;
        }

        return found;
    }

    /// <summary>Not per block: a walk over all of them.</summary>
    [Benchmark]
    public long Enumerate()
    {
        long sum = 0;
        foreach (RmBlock block in _state.RmBlocks)
        {
            sum += block.Count;
        }

        return sum;
    }

    [Benchmark]
    public RmStatistics Statistics() => _state.Statistics;
}
