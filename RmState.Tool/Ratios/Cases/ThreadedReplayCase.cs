using Rm.Tool.Replay;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// Recorded heaps replayed on their threads through a heap that any thread may use, against plain malloc on the same threads: processor
/// time of the whole process. Of several traces the geometric mean.
/// </summary>
internal sealed class ThreadedReplayCase(IReadOnlyList<string> traces, ReplaySide side, Row row) : BenchCase(row)
{
    internal override bool MeasuresItself => traces.Count == 1;

    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        Figure[] figures = [.. traces.Select(trace => context.ThreadedReplays.TimeOf(trace, side))];
        return [figures is [Figure only] ? only : ReplayMeansCase.Mean(figures)];
    }
}
