using System.Text.Json.Serialization;

namespace Rm.Tool.Replay;

/// <summary>How a side compares with malloc over several traces: geometric means of the ratios.</summary>
internal sealed record SideMeans
{
    public required ReplaySide Side { get; init; }

    /// <summary>Of time.</summary>
    [JsonConverter(typeof(NanAsNullConverter))]
    public required double Ratio { get; init; }

    /// <summary>Of peak resident memory.</summary>
    [JsonConverter(typeof(NanAsNullConverter))]
    public required double PeakRssRatio { get; init; }

    /// <summary>The means of every side but malloc, in their order.</summary>
    public static IReadOnlyList<SideMeans> Of(IReadOnlyList<ReplayResult> traces) =>
    [
        .. traces.SelectMany(static t => t.Sides).Where(static s => s.Side != ReplaySide.Malloc).GroupBy(static s => s.Side).Select(static g => new SideMeans
        {
            Side = g.Key,
            Ratio = ReplayMeasurement.GeometricMean(g.Select(static s => s.Ratio)),
            PeakRssRatio = ReplayMeasurement.GeometricMean(g.Select(static s => s.PeakRssRatio)),
        }),
    ];
}
