using Rm.Tool.Ratios.Measuring;
using Rm.Tool.Replay;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// A recorded heap replayed through a state over malloc, against the same through plain malloc: whole runs, each in a process of
/// its own, in turn. A replay with an error or a violation, or one that did not see its planted error, is not a measurement.
/// </summary>
internal sealed class ReplayCase(Row row, string trace) : BenchCase(row)
{
    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        string path = Path.Combine(context.Root, "traces", trace + ".rmt.gz");
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"no trace {path}");
        }

        Comparison comparison = PairedRounds.LeastNoisy(() => Compare(path, context.Settings.ReplayRounds), context.Settings.ReplayAttempts);
        string note = $"A/A {comparison.AgainstItself:F3}";
        return [new Figure(comparison.Ours, comparison.Peer, comparison.Ratio, comparison.IsNoisy ? $"NOISY: {note}" : note)];
    }

    private static Comparison Compare(string path, int rounds)
    {
        IReadOnlyList<SideResult> replays = ReplayMeasurement.Compare(path, [ReplaySide.StateOverMalloc], rounds);
        string[] failures = [.. replays.SelectMany(static side => side.Failures())];
        if (failures.Length > 0)
        {
            throw new InvalidOperationException(string.Join("; ", failures));
        }

        return PairedRounds.Summarize(
            [.. replays[1].Reports.Select(static report => report.NanosecondsPerEvent)],
            [.. replays[0].Reports.Select(static report => report.NanosecondsPerEvent)]);
    }
}
