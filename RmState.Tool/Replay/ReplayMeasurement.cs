namespace Rm.Tool.Replay;

/// <summary>Measures the replay of a trace against plain malloc, in alternating child processes.</summary>
internal static class ReplayMeasurement
{
    /// <summary>Replays a trace through a state and through plain malloc, in turn.</summary>
    /// <param name="tracePath">A valid trace; one that cannot be read makes reports with errors.</param>
    /// <param name="rounds">How many pairs of replays, at least 1.</param>
    /// <param name="replayed">Called after each replay, for progress.</param>
    public static ReplayComparison Compare(string tracePath, int rounds, Action? replayed = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        var state = new List<ReplayReport>();
        var malloc = new List<ReplayReport>();
        for (int round = 0; round < rounds; round++)
        {
            // Who goes first changes, so that a drift of the machine favours neither.
            bool stateFirst = round % 2 == 0;
            (stateFirst ? state : malloc).Add(ReplayProcess.Run(tracePath, stateFirst ? ReplaySide.State : ReplaySide.Malloc));
            replayed?.Invoke();
            (stateFirst ? malloc : state).Add(ReplayProcess.Run(tracePath, stateFirst ? ReplaySide.Malloc : ReplaySide.State));
            replayed?.Invoke();
        }

        return ReplayComparison.Of(state, malloc);
    }

    /// <summary>The middle value, or the mean of the two in the middle; NaN of nothing.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
