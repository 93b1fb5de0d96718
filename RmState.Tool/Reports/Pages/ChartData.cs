using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Pages;

/// <summary>What the charts of a page draw; null for a chart that the page does not have.</summary>
internal sealed record ChartData
{
    /// <summary>Whether time is seconds; else heap calls.</summary>
    public required bool Seconds { get; init; }

    /// <summary>Where the axis of time ends.</summary>
    public required double Length { get; init; }

    /// <summary>Whether what is live was left behind.</summary>
    public required bool Leaked { get; init; }

    public double? PeakAt { get; init; }

    public required double PeakBytes { get; init; }

    /// <summary>By point: time and bytes.</summary>
    public double[][]? LiveBytes { get; init; }

    /// <summary>By point: time and blocks.</summary>
    public double[][]? LiveBlocks { get; init; }

    public BarData? Sizes { get; init; }

    public BarData? Lifetimes { get; init; }

    public BarData? Threads { get; init; }

    public BarData? Leaks { get; init; }

    public IReadOnlyList<string> Levels { get; init; } = [];

    public HolderNode? Holders { get; init; }

    public MapData? Map { get; init; }

    public static ChartData Of(ReportModel model) => new()
    {
        Seconds = model.Axis.Unit == TimeUnit.Seconds,
        Length = model.Axis.Length,
        Leaked = !model.Totals.IsOfOneMoment,
        PeakAt = model.Totals.PeakBytesAt,
        PeakBytes = model.Totals.PeakBytes,
        LiveBytes = Pairs(model.Live?.Bytes),
        LiveBlocks = Pairs(model.Live?.Blocks),
        Sizes = model.Sizes is null ? null : BarData.OfSizes(model.Sizes, model.Totals.IsOfOneMoment ? "blocks" : "allocations"),
        Lifetimes = model.Lifetimes is null ? null : BarData.OfLifetimes(model.Lifetimes),
        Threads = model.Threads is null ? null : BarData.OfThreads(model.Threads),
        Leaks = BarData.OfLeaks(model.Leaks),
        Levels = model.Holders.Levels,
        Holders = model.Holders.Root,
        Map = model.Map is null ? null : MapData.Of(model.Map),
    };

    private static double[][]? Pairs(IReadOnlyList<SeriesPoint>? points) =>
        points is null ? null : [.. points.Select(static p => new[] { Math.Round(p.Time, 9), p.Value })];
}
