using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>What the cases of a run share.</summary>
internal sealed class BenchContext : IDisposable
{
    /// <summary>The most blocks that any row tracks.</summary>
    internal const int MostBlocks = 10_000_000;

    private readonly Lazy<BlockPool> _largePool;

    internal BenchContext(BenchSettings settings, string root)
    {
        Settings = settings;
        Traces = Path.Combine(root, "traces");
        Replays = ReplayRuns.Over(Traces, settings);
        ThreadedReplays = ReplayRuns.OnThreads(Traces, settings);
        Rounds = new PairedRounds(settings.Rounds, settings.RoundNanoseconds);
        _largePool = new Lazy<BlockPool>(() => BlockPool.Imagine(settings.Sized(MostBlocks)));
    }

    internal BenchSettings Settings { get; }

    /// <summary>The folder of the recorded heaps.</summary>
    internal string Traces { get; }

    /// <summary>The replays of the recorded heaps, made when first asked for.</summary>
    internal ReplayRuns Replays { get; }

    /// <summary>The same on the traces' threads.</summary>
    internal ReplayRuns ThreadedReplays { get; }

    internal PairedRounds Rounds { get; }

    internal Tiering Tiering { get; } = new();

    /// <summary>Addresses for the largest tables, made once: shuffling ten million takes as long as a row.</summary>
    internal BlockPool LargePool => _largePool.Value;

    /// <summary>The table seeds, of which a row is the worst.</summary>
    internal IEnumerable<ulong> Seeds => Enumerable.Range(1, Settings.Seeds).Select(static seed => (ulong)seed);

    /// <summary>Those of the seeds that a row is measured with.</summary>
    internal IEnumerable<ulong> SeedsFor(SeedUse use) => Seeds.Take(use switch
    {
        SeedUse.Table => int.MaxValue,
        SeedUse.Marks => Settings.MarkSeeds,
        SeedUse.Twins => Settings.TwinSeeds,
        SeedUse.LargestTable => Settings.LargestSeeds,
        _ => 1,
    });

    /// <summary>The rounds of a kind.</summary>
    internal PairedRounds RoundsOf(RoundKind kind) => kind switch
    {
        RoundKind.Together => new PairedRounds(Settings.LongRounds, Settings.TogetherNanoseconds, RoundTiming.Together),
        RoundKind.OfProcess => new PairedRounds(Settings.LongRounds, Settings.ProcessNanoseconds, RoundTiming.OfProcess),
        _ => Rounds,
    };

    /// <summary>How often a noisy measurement is made at most whose rounds are of a kind.</summary>
    internal int AttemptsOf(RoundKind kind) => kind == RoundKind.Alone ? Settings.Attempts : Settings.LongAttempts;

    public void Dispose()
    {
        if (_largePool.IsValueCreated)
        {
            _largePool.Value.Dispose();
        }
    }
}
