using Rm.Tool.Ratios.Measuring;
using Rm.Tool.Replay;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// Recorded heaps replayed through every side, whole runs, each in a process of its own, in turn; one set of runs serves all rows of a
/// trace. A replay with an error or a violation, or one that did not see its planted error, is not a measurement.
/// </summary>
/// <param name="settings">How often a trace is replayed.</param>
/// <param name="measure">Replays a trace through malloc and the sides given, so many rounds; malloc's result comes first.</param>
/// <param name="sides">What the rows need beside malloc; null for the sides of one thread.</param>
internal sealed class ReplayRuns(
    BenchSettings settings,
    Func<string, IReadOnlyList<ReplaySide>, int, IReadOnlyList<SideResult>> measure,
    IReadOnlyList<ReplaySide>? sides = null)
{
    private static readonly ReplaySide[] OfOneThread = [ReplaySide.StateOverMalloc, ReplaySide.StateOverArena, ReplaySide.Arena];

    // Of these a row is about their memory alone.
    private static readonly ReplaySide[] OfMemory = [ReplaySide.Arena];

    // Only what rows are about: each side more costs a replay of every trace a round.
    private static readonly ReplaySide[] OfThreads = [ReplaySide.Membufs];

    private readonly IReadOnlyList<ReplaySide> _sides = sides ?? OfOneThread;

    private readonly Dictionary<string, List<IReadOnlyList<SideResult>>> _attempts = new(StringComparer.Ordinal);

    /// <summary>Runs over the traces in a folder.</summary>
    internal static ReplayRuns Over(string folder, BenchSettings settings) => Over(folder, settings, OfOneThread, onThreads: false);

    /// <summary>The same, each thread of a trace on a thread of its own.</summary>
    internal static ReplayRuns OnThreads(string folder, BenchSettings settings) => Over(folder, settings, OfThreads, onThreads: true);

    /// <summary>Nanoseconds an event against malloc's.</summary>
    internal Figure TimeOf(string trace, ReplaySide side)
    {
        string? failures = null;
        int attempt = 0;
        Comparison comparison = PairedRounds.LeastNoisy(
            () =>
            {
                (SideResult ours, SideResult malloc) = Attempt(trace, side, attempt++);
                failures ??= FailuresOf(ours, malloc);
                return PairedRounds.Summarize(Times(ours), Times(malloc));
            },
            settings.ReplayAttempts);
        double waiting = Attempt(trace, side, 0).Malloc.WaitingShare;
        string note = $"A/A {comparison.AgainstItself:F3}{(double.IsNaN(waiting) ? "" : $", {waiting:P0} of malloc's is waiting")}";
        return failures is not null
            ? Figure.OfMissing(failures)
            : new Figure(comparison.Ours, comparison.Peer, comparison.Ratio, comparison.IsNoisy ? $"NOISY: {note}" : note);
    }

    /// <summary>Peak resident bytes over those at the start against malloc's; they do not depend on how restless the machine is.</summary>
    internal Figure PeakOf(string trace, ReplaySide side)
    {
        (SideResult ours, SideResult malloc) = Attempt(trace, side, 0);
        return FailuresOf(ours, malloc) is { } failures
            ? Figure.OfMissing(failures)
            : new Figure(ours.PeakRss, malloc.PeakRss, ours.PeakRssRatio);
    }

    private static ReplayRuns Over(string folder, BenchSettings settings, ReplaySide[] sides, bool onThreads) => new(
        settings,
        (trace, others, rounds) =>
        {
            string path = Path.Combine(folder, trace + ".rmt.gz");
            return File.Exists(path)
                ? ReplayMeasurement.Compare(path, others, rounds, onThreads, once: settings.PeaksOnce ? OfMemory : null)
                : throw new FileNotFoundException($"no trace {path}");
        },
        sides);

    private static string? FailuresOf(params ReadOnlySpan<SideResult> sides)
    {
        var failures = new List<string>();
        foreach (SideResult side in sides)
        {
            failures.AddRange(side.Failures());
        }

        return failures.Count == 0 ? null : string.Join("; ", failures);
    }

    private static double[] Times(SideResult side) => [.. side.Reports.Select(static report => report.NanosecondsPerEvent)];

    private (SideResult Ours, SideResult Malloc) Attempt(string trace, ReplaySide side, int number)
    {
        if (!_attempts.TryGetValue(trace, out List<IReadOnlyList<SideResult>>? attempts))
        {
            _attempts.Add(trace, attempts = []);
        }

        while (attempts.Count <= number)
        {
            attempts.Add(measure(trace, _sides, settings.ReplayRounds));
        }

        return (attempts[number].Single(one => one.Side == side), attempts[number][0]);
    }
}
