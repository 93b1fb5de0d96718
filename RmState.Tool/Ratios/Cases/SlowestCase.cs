using System.Diagnostics;
using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// The longest that one allocation or one free took over ten million random ones, in milliseconds; the best of five runs, or of fewer
/// where one within the target is enough. The number of live blocks rises and falls, so that memory is asked for and given back all the
/// time.
/// </summary>
/// <param name="row">The row.</param>
/// <param name="smallest">The least size of a block.</param>
/// <param name="largest">The largest one, included.</param>
internal sealed class SlowestCase<TSource>(Row row, int smallest, int largest) : BenchCase(row)
    where TSource : struct, IBlockSource<TSource>
{
    private const int Runs = 5;
    private const int Operations = 10_000_000;
    private const int Phases = 10;
    private const int CallLength = 1_000;
    private const int WarmingCalls = 200;

    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        int operations = context.Settings.Sized(Operations);
        Warm();
        var runs = new List<OperationTimes>();
        while (runs.Count < Runs && !(context.Settings.StopsWhenWithin && runs.Exists(IsWithinTarget)))
        {
            runs.Add(Time(operations, seed: runs.Count + 1));
        }

        string all = string.Join(' ', runs.Select(static run => $"{run.Longest / 1e6:F2}"));
        return
        [
            Figure.OfAbsolute(
                runs.Min(static run => run.Longest) / 1e6,
                $"runs {all}, {runs.Sum(static run => run.Interrupted)} interrupted, p99.99 {runs.Min(static run => run.Quantile(0.9999)) / 1e3:F1} µs"),
        ];
    }

    private bool IsWithinTarget(OperationTimes run) => run.Longest / 1e6 <= Rows[0].Target;

    private OperationTimes Time(int operations, int seed)
    {
        var times = new OperationTimes();
        using var walk = new RandomWalk<TSource>(seed, operations, smallest, largest);
        QuietCollector.Run(() =>
        {
            int phase = operations / Phases;
            for (int done = 0; done < operations; done += phase)
            {
                walk.Run(Math.Min(phase, operations - done), rising: done / phase % 2 == 0, times);
            }
        });
        return times;
    }

    /// <summary>Runs short walks until the runtime has had the time for its last tier.</summary>
    private void Warm()
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(500))
        {
            using var walk = new RandomWalk<TSource>(seed: 0, WarmingCalls * CallLength, smallest, largest);
            var times = new OperationTimes();
            for (int call = 0; call < WarmingCalls; call++)
            {
                walk.Run(CallLength, rising: call < WarmingCalls / 2, times);
            }
        }
    }
}
