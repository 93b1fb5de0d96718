namespace Rm.Tool.Replay;

/// <summary>Measures the replay of a trace against plain malloc, in alternating child processes.</summary>
internal static class ReplayMeasurement
{
    /// <summary>Replays a trace through plain malloc and through other sides, in turn.</summary>
    /// <param name="tracePath">A valid trace; one that cannot be read makes reports with errors.</param>
    /// <param name="others">The sides to compare with malloc.</param>
    /// <param name="rounds">How many replays of each side, at least 1.</param>
    /// <param name="onThreads">Whether each thread of the trace has a thread of its own; the sides are shared ones then.</param>
    /// <param name="replayed">Called after each replay, for progress.</param>
    /// <param name="once">Those of the sides that are replayed in the first round only: their memory is asked for, which hardly differs between rounds.</param>
    /// <returns>Malloc, then the others in their order.</returns>
    public static IReadOnlyList<SideResult> Compare(
        string tracePath, IReadOnlyList<ReplaySide> others, int rounds, bool onThreads = false, Action? replayed = null, IReadOnlyList<ReplaySide>? once = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        ReplaySide[] sides = [ReplaySide.Malloc, .. others];
        List<ReplayReport>[] reports = [.. sides.Select(_ => new List<ReplayReport>())];
        for (int round = 0; round < rounds; round++)
        {
            for (int turn = 0; turn < sides.Length; turn++)
            {
                // Who goes first changes, so that a drift of the machine favours nobody.
                int side = (turn + round) % sides.Length;
                if (round > 0 && once?.Contains(sides[side]) == true)
                {
                    continue;
                }

                reports[side].Add(ReplayProcess.Run(new ReplayRequest { Path = tracePath, Side = sides[side], OnThreads = onThreads }));
                replayed?.Invoke();
            }
        }

        return [.. sides.Zip(reports, (side, ours) => SideResult.Of(side, ours, reports[0]))];
    }

    /// <summary>The middle value, or the mean of the two in the middle; NaN of nothing.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The geometric mean of those values that exist; NaN when none does.</summary>
    public static double GeometricMean(IEnumerable<double> values) =>
        Math.Exp(values.Where(double.IsFinite).Select(static value => Math.Log(value)).DefaultIfEmpty(double.NaN).Average());
}
