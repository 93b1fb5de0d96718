using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Histories;

/// <summary>Sorts lifetimes into rows.</summary>
internal static class LifetimeTables
{
    private const double ShortestSeconds = 1e-6;

    /// <summary>The table of some lifetimes.</summary>
    /// <param name="unit">What they are counted in.</param>
    /// <param name="lifetimes">In any order.</param>
    /// <param name="neverReleased">How many blocks have none.</param>
    public static LifetimeTable Of(TimeUnit unit, IReadOnlyCollection<double> lifetimes, long neverReleased)
    {
        double[] sorted = [.. lifetimes];
        Array.Sort(sorted);
        return new LifetimeTable
        {
            Unit = unit,
            Rows = Rows(unit, sorted),
            Median = sorted.Length == 0 ? null : sorted[sorted.Length / 2],
            Percentile90 = sorted.Length == 0 ? null : sorted[(int)(sorted.Length * 9L / 10)],
            NeverReleased = neverReleased,
        };
    }

    // Doublings of calls; of seconds, which span more, tenfold steps.
    private static List<LifetimeRow> Rows(TimeUnit unit, double[] sorted)
    {
        (double below, double step) = unit == TimeUnit.Seconds ? (ShortestSeconds, 10.0) : (2.0, 2.0);
        var rows = new List<LifetimeRow>();
        for (int from = 0; from < sorted.Length; below *= step)
        {
            int to = from;
            while (to < sorted.Length && sorted[to] < below)
            {
                to++;
            }

            rows.Add(new LifetimeRow(below, to - from));
            from = to;
        }

        return rows;
    }
}
