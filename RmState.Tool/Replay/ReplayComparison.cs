using System.Text.Json.Serialization;

namespace Rm.Tool.Replay;

/// <summary>A trace replayed through a state and through plain malloc, in turn, several rounds.</summary>
internal sealed record ReplayComparison
{
    /// <summary>By round: the state's time by malloc's.</summary>
    public required IReadOnlyList<double> Ratios { get; init; }

    /// <summary>The median of <see cref="Ratios"/>; NaN when no round ran through.</summary>
    [JsonConverter(typeof(NanAsNullConverter))]
    public required double Ratio { get; init; }

    /// <summary>The state's nanoseconds per event, the median of the rounds.</summary>
    [JsonConverter(typeof(NanAsNullConverter))]
    public required double StateNanoseconds { get; init; }

    /// <summary>Malloc's nanoseconds per event, the median of the rounds.</summary>
    [JsonConverter(typeof(NanAsNullConverter))]
    public required double MallocNanoseconds { get; init; }

    /// <summary>Peak resident bytes over those at the loop's start, through the state, the median of the rounds.</summary>
    [JsonConverter(typeof(NanAsNullConverter))]
    public required double StatePeakRss { get; init; }

    /// <summary>The same through malloc.</summary>
    [JsonConverter(typeof(NanAsNullConverter))]
    public required double MallocPeakRss { get; init; }

    /// <summary>The median of the rounds' ratios of peak resident bytes.</summary>
    [JsonConverter(typeof(NanAsNullConverter))]
    public required double PeakRssRatio { get; init; }

    /// <summary>The state's replays, by round.</summary>
    public required IReadOnlyList<ReplayReport> State { get; init; }

    /// <summary>Malloc's replays, by round.</summary>
    public required IReadOnlyList<ReplayReport> Malloc { get; init; }

    /// <summary>Compares rounds; those in which a replay ended early have no times.</summary>
    public static ReplayComparison Of(IReadOnlyList<ReplayReport> state, IReadOnlyList<ReplayReport> malloc)
    {
        (ReplayReport State, ReplayReport Malloc)[] whole = [.. state.Zip(malloc).Where(p => p.First.Error is null && p.Second.Error is null)];
        double[] ratios = [.. whole.Select(p => p.State.NanosecondsPerEvent / p.Malloc.NanosecondsPerEvent)];
        return new ReplayComparison
        {
            Ratios = ratios,
            Ratio = ReplayMeasurement.Median(ratios),
            StateNanoseconds = ReplayMeasurement.Median(whole.Select(p => p.State.NanosecondsPerEvent)),
            MallocNanoseconds = ReplayMeasurement.Median(whole.Select(p => p.Malloc.NanosecondsPerEvent)),
            StatePeakRss = ReplayMeasurement.Median(whole.Select(p => (double)p.State.PeakRssOverStart)),
            MallocPeakRss = ReplayMeasurement.Median(whole.Select(p => (double)p.Malloc.PeakRssOverStart)),
            PeakRssRatio = ReplayMeasurement.Median(whole.Select(p => p.State.PeakRssOverStart / Math.Max(1.0, p.Malloc.PeakRssOverStart))),
            State = state,
            Malloc = malloc,
        };
    }

    /// <summary>What went wrong in any of the replays, one line each; nothing when every check held.</summary>
    public IEnumerable<string> Failures() => [
        .. State.SelectMany((report, round) => report.Failures().Select(f => $"round {round + 1}, state: {f}")),
        .. Malloc.SelectMany((report, round) => report.Failures().Select(f => $"round {round + 1}, malloc: {f}")),
    ];
}
