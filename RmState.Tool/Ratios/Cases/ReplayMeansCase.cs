using Rm.Tool.Replay;

namespace Rm.Tool.Ratios.Cases;

/// <summary>The geometric means, over all traces, of what <see cref="ReplayCase"/> measures of each over an arena.</summary>
internal sealed class ReplayMeansCase(IReadOnlyList<string> traces, Row overArena, Row countedPeak, Row uncountedPeak)
    : BenchCase(overArena, countedPeak, uncountedPeak)
{
    internal override bool MeasuresItself => false;

    internal override IReadOnlyList<Figure> Measure(BenchContext context) =>
    [
        Mean(traces.Select(trace => context.Replays.TimeOf(trace, ReplaySide.StateOverArena))),
        Mean(traces.Select(trace => context.Replays.PeakOf(trace, ReplaySide.StateOverArena))),
        Mean(traces.Select(trace => context.Replays.PeakOf(trace, ReplaySide.Arena))),
    ];

    /// <summary>The mean of each number; one figure that is missing makes the mean missing.</summary>
    internal static Figure Mean(IEnumerable<Figure> figures)
    {
        List<Figure> all = [.. figures];
        int missing = all.Count(static one => double.IsNaN(one.Ratio));
        return missing > 0
            ? Figure.OfMissing($"{missing} of {all.Count} were not measured")
            : new Figure(
                ReplayMeasurement.GeometricMean(all.Select(static one => one.Ours)),
                ReplayMeasurement.GeometricMean(all.Select(static one => one.Peer)),
                ReplayMeasurement.GeometricMean(all.Select(static one => one.Ratio)),
                $"worst {all.Max(static one => one.Ratio):F3}");
    }
}
