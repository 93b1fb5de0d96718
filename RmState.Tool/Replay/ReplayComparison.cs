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

    /// <summary>What went wrong in any of the replays, one line each; nothing when every check held.</summary>
    public IEnumerable<string> Failures() => [
        .. State.SelectMany((report, round) => report.Failures().Select(f => $"round {round + 1}, state: {f}")),
        .. Malloc.SelectMany((report, round) => report.Failures().Select(f => $"round {round + 1}, malloc: {f}")),
    ];
}
