using System.Text.Json.Serialization;

namespace Rm.Tool.Replay;

/// <summary>A trace replayed through one side, several rounds, and compared with malloc in the same rounds.</summary>
internal sealed record SideResult
{
    public required ReplaySide Side { get; init; }

    /// <summary>By round: this side's time by malloc's; 1 for malloc itself.</summary>
    public required IReadOnlyList<double> Ratios { get; init; }

    /// <summary>The median of <see cref="Ratios"/>; NaN when no round ran through.</summary>
    [JsonConverter(typeof(NanAsNullConverter))]
    public required double Ratio { get; init; }

    /// <summary>Nanoseconds per event, the median of the rounds.</summary>
    [JsonConverter(typeof(NanAsNullConverter))]
    public required double Nanoseconds { get; init; }

    /// <summary>Peak resident bytes over those at the loop's start, the median of the rounds.</summary>
    [JsonConverter(typeof(NanAsNullConverter))]
    public required double PeakRss { get; init; }

    /// <summary>The median of the rounds' ratios of peak resident bytes.</summary>
    [JsonConverter(typeof(NanAsNullConverter))]
    public required double PeakRssRatio { get; init; }

    /// <summary>The measured replays, by round.</summary>
    public required IReadOnlyList<ReplayReport> Reports { get; init; }

    /// <summary>The replay with more holders, not measured; null if there was none.</summary>
    public ReplayReport? Held { get; init; }

    /// <summary>The replay whose memory was looked at on the way, not measured; null if there was none.</summary>
    public ReplayReport? Sampled { get; init; }

    /// <summary>The replay that the heap's map was drawn in, not measured; null if there was none.</summary>
    public ReplayReport? Mapped { get; init; }

    /// <summary>Every replay of this side.</summary>
    [JsonIgnore]
    public IEnumerable<ReplayReport> All => [.. Reports, .. new[] { Held, Sampled, Mapped }.OfType<ReplayReport>()];

    /// <summary>The part of the time that threads spent on waiting for each other, the median of the rounds; NaN for replays on one thread.</summary>
    [JsonIgnore]
    public double WaitingShare =>
        ReplayMeasurement.Median(ReportsOnThreads.Select(static r => r.OnThreads!.WaitingNanosecondsPerEvent / r.NanosecondsPerEvent));

    /// <summary>The measured replays on threads that ran through.</summary>
    [JsonIgnore]
    public IEnumerable<ReplayReport> ReportsOnThreads => Reports.Where(static r => r.Error is null && r.OnThreads is not null);

    /// <summary>Compares rounds; those in which a replay ended early have no times.</summary>
    public static SideResult Of(ReplaySide side, IReadOnlyList<ReplayReport> reports, IReadOnlyList<ReplayReport> malloc)
    {
        (ReplayReport Ours, ReplayReport Malloc)[] whole = [.. reports.Zip(malloc).Where(p => p.First.Error is null && p.Second.Error is null)];
        double[] ratios = [.. whole.Select(p => p.Ours.NanosecondsPerEvent / p.Malloc.NanosecondsPerEvent)];
        return new SideResult
        {
            Side = side,
            Ratios = ratios,
            Ratio = ReplayMeasurement.Median(ratios),
            Nanoseconds = ReplayMeasurement.Median(whole.Select(p => p.Ours.NanosecondsPerEvent)),
            PeakRss = ReplayMeasurement.Median(whole.Select(p => (double)p.Ours.PeakRssOverStart)),
            PeakRssRatio = ReplayMeasurement.Median(
                whole.Select(p => Math.Max(1.0, p.Ours.PeakRssOverStart) / Math.Max(1.0, p.Malloc.PeakRssOverStart))),
            Reports = reports,
        };
    }

    /// <summary>What went wrong in any of the replays, one line each; nothing when every check held.</summary>
    public IEnumerable<string> Failures() =>
    [
        .. Reports.SelectMany((report, round) => report.Failures().Select(f => $"round {round + 1}, {Side.Name()}: {f}")),
        .. (Held?.Failures() ?? []).Select(f => $"{Side.Name()}, with holders: {f}"),
        .. (Sampled?.Failures() ?? []).Select(f => $"{Side.Name()}, sampled: {f}"),
        .. (Mapped?.Failures() ?? []).Select(f => $"{Side.Name()}, mapped: {f}"),
    ];
}
