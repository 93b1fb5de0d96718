using System.Diagnostics;
using MathNet.Numerics.Statistics;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// Something that is done to a state as a whole, with a million blocks in it whose sites are recorded, in milliseconds: the median of
/// five after one that does not count.
/// </summary>
/// <param name="row">The row.</param>
/// <param name="take">What is done.</param>
internal sealed class SnapshotCase(Row row, Action<RmState> take) : BenchCase(row)
{
    /// <summary>How often it is done and timed.</summary>
    internal const int Runs = 5;

    private const int Live = 1_000_000;

    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        using BlockPool pool = BlockPool.Imagine(context.Settings.Sized(Live));
        using RmState state = States.OfSized(seed: 1, pool.Addresses, RmDiagnosticsLevel.Sites);
        _ = Time(state);
        double[] times = new double[Runs];
        foreach (ref double time in times.AsSpan())
        {
            time = Time(state);
        }

        return [Figure.OfAbsolute(times.Median(), $"runs {string.Join(' ', times.Select(static time => $"{time:F1}"))}")];
    }

    private double Time(RmState state)
    {
        long start = Stopwatch.GetTimestamp();
        take(state);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
