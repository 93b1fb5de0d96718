namespace Rm.Tool.Ratios;

/// <summary>How thorough a run is.</summary>
internal sealed record BenchSettings
{
    /// <summary>Enough to trust every row; some minutes.</summary>
    internal static readonly BenchSettings Full = new() { Rounds = 101, Attempts = 6, ReplayRounds = 31, ReplayAttempts = 2 };

    /// <summary>The least that the rows' definition allows.</summary>
    internal static readonly BenchSettings Quick = new() { Rounds = 31, Attempts = 3, ReplayRounds = 3, ReplayAttempts = 1, TableBytesSeeds = 1, MarkSeeds = 1, TwinSeeds = 5, LargestSeeds = 5, PeaksOnce = true, StopsWhenWithin = true, LongRounds = 15, LongAttempts = 2 };

    /// <summary>Shows in seconds that every row can be measured; the figures mean nothing.</summary>
    internal static readonly BenchSettings Smoke = new()
    {
        Rounds = 3,
        Attempts = 1,
        ReplayRounds = 1,
        ReplayAttempts = 1,
        Seeds = 1,
        RoundNanoseconds = 100_000,
        LongRounds = 3,
        LongAttempts = 1,
        TogetherNanoseconds = 100_000,
        ProcessNanoseconds = 100_000,
        LargestTable = 2_000,
        IsSmoke = true,
    };

    /// <summary>Paired rounds a measurement.</summary>
    internal required int Rounds { get; init; }

    /// <summary>How often a noisy measurement is made at most.</summary>
    internal required int Attempts { get; init; }

    /// <summary>Paired replays of each trace.</summary>
    internal required int ReplayRounds { get; init; }

    /// <summary>How often a noisy row of replays is made at most: each is a process of its own, so they take long.</summary>
    internal required int ReplayAttempts { get; init; }

    /// <summary>Whether a side of a replay whose time no row asks for is replayed once instead of in every round.</summary>
    internal bool PeaksOnce { get; init; }

    /// <summary>Table seeds, 1 to this; a row is the worst of them.</summary>
    internal int Seeds { get; init; } = 8;

    /// <summary>How many of those seeds the tables' bytes are sampled with: they hardly depend on the seed.</summary>
    internal int TableBytesSeeds { get; init; } = int.MaxValue;

    /// <summary>How many of those seeds rows are measured with that have a table but do not count in it.</summary>
    internal int MarkSeeds { get; init; } = int.MaxValue;

    /// <summary>How many of those seeds rows are measured with whose two sides have the same table.</summary>
    internal int TwinSeeds { get; init; } = int.MaxValue;

    /// <summary>How many of those seeds the largest table is filled with, which takes seconds each; no fewer than five.</summary>
    internal int LargestSeeds { get; init; } = int.MaxValue;

    /// <summary>Whether the best of several runs is looked for only until one is within the row's target.</summary>
    internal bool StopsWhenWithin { get; init; }

    /// <summary>How long each side's part of a round is to take; rounds are 1 to 3 ms.</summary>
    internal double RoundNanoseconds { get; init; } = 1_500_000;

    /// <summary>Paired rounds of a measurement whose rounds are long.</summary>
    internal int LongRounds { get; init; } = 31;

    /// <summary>How often a noisy measurement of such rounds is made at most.</summary>
    internal int LongAttempts { get; init; } = 4;

    /// <summary>How long each side's part of a round is to take in which two threads count at once.</summary>
    internal double TogetherNanoseconds { get; init; } = 50_000_000;

    /// <summary>How much processor time each side's part of a round is to take in which one thread hands blocks to another.</summary>
    internal double ProcessNanoseconds { get; init; } = 30_000_000;

    /// <summary>Caps the rows' table sizes, for the smoke run.</summary>
    internal int LargestTable { get; init; } = int.MaxValue;

    /// <summary>Whether the figures mean nothing and no row can fail the run.</summary>
    internal bool IsSmoke { get; init; }

    /// <summary>The size to use for a row that names one.</summary>
    internal int Sized(int blocks) => Math.Min(blocks, LargestTable);
}
