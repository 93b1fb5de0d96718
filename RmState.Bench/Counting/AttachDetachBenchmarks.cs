using BenchmarkDotNet.Attributes;

namespace Rm.Bench.Counting;

/// <summary>A detach of a random live block and its attaching again; and filling a table from empty.</summary>
public class AttachDetachBenchmarks
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
    public void DictionaryRemoveAdd()
    {
        foreach (nint block in _blocks.Order)
        {
            _counts.Remove(block);
            _counts.Add(block, 1);
        }
    }

    [Benchmark(OperationsPerInvoke = RandomBlocks.Draws)]
    public void DetachAttach()
    {
        foreach (nint block in _blocks.Order)
        {
            _state.RmDetach(block);
            _state.RmAttach(block);
        }
    }

    /// <summary>Not per block: the time to fill a table with all of them.</summary>
    [Benchmark]
    public long Fill()
    {
        using RmState state = RandomBlocks.Track(_blocks.Addresses);
        return state.Statistics.LiveBlocks;
    }
}
