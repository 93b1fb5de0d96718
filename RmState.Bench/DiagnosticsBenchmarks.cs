using BenchmarkDotNet.Attributes;

namespace Rm.Bench;

/// <summary>What each level costs, and what its answers do.</summary>
public class DiagnosticsBenchmarks
{
    private const int Live = 1_000;
    private const int Holds = 8;

    private RandomBlocks _blocks = null!;
    private RmState _state = null!;
    private RmState _owning = null!;

    /// <summary>How much the states record.</summary>
    [ParamsAllValues]
    public RmDiagnosticsLevel Level { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _blocks = new RandomBlocks(Live);
        _state = RandomBlocks.Track(_blocks.Addresses, Level);
        _owning = new RmState(new RmStateOptions { Seed = 1, Level = Level });
        for (int hold = 0; hold < Holds; hold++)
        {
            _state.RmRetainAs(_blocks.Addresses[0]);
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _owning.Dispose();
        _state.Dispose();
        _blocks.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = RandomBlocks.Draws)]
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
    public void RetainAsDispose()
    {
        RmState state = _state;
        foreach (nint block in _blocks.Order)
        {
            state.RmRetainAs(block).Dispose();
        }
    }

    [Benchmark]
    public long MallocRelease() => _owning.RmRelease(_owning.RmMalloc(RandomBlocks.BlockSize));

    [Benchmark]
    public RmHolders WhoHolds() => _state.RmWhoHolds(_blocks.Addresses[0]);
}
