namespace Rm.Tool.Replay;

/// <summary>A trace replayed through a state and through plain malloc, in turn, several rounds.</summary>
internal sealed record ReplayComparison
{
    /// <summary>By round: the state's time by malloc's.</summary>
    public required IReadOnlyList<double> Ratios { get; init; }

    /// <summary>The median of <see cref="Ratios"/>; NaN when no round ran through.</summary>
    public required double Ratio { get; init; }

    /// <summary>The state's nanoseconds per event, the median of the rounds.</summary>
    public required double StateNanoseconds { get; init; }

    /// <summary>Malloc's nanoseconds per event, the median of the rounds.</summary>
    public required double MallocNanoseconds { get; init; }

    /// <summary>Peak resident bytes over those at the loop's start, through the state, the median of the rounds.</summary>
    public required double StatePeakRss { get; init; }

    /// <summary>The same through malloc.</summary>
    public required double MallocPeakRss { get; init; }

    /// <summary>The median of the rounds' ratios of peak resident bytes.</summary>
    public required double PeakRssRatio { get; init; }

    /// <summary>Every replay, the state's and malloc's of a round next to each other in the order they ran.</summary>
    public required IReadOnlyList<ReplayReport> State { get; init; }

    /// <summary>Malloc's replays, by round.</summary>
    public required IReadOnlyList<ReplayReport> Malloc { get; init; }
}
