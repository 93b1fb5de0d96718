using Rm.Diagnostics;
using Rm.Tool.Ratios.Measuring;
using Rm.Tool.Replay;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// A recorded heap replayed through a state over malloc that is recorded, against the same without: whole replays in turn, in this
/// process. What is recorded goes nowhere, so that the row does not measure a disk.
/// </summary>
internal sealed class RecordingCase(string trace, Row row) : BenchCase(row)
{
    private const int WarmUps = 2;

    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        string path = Path.Combine(context.Traces, trace + ".rmt.gz");
        if (!File.Exists(path))
        {
            return [Figure.OfMissing($"no trace {path}")];
        }

        var script = ReplayScript.Load(path);
        nint[] blocks = new nint[script.ObjectCount];
        int rounds = context.Settings.ReplayRounds;
        string bytes = "";
        Comparison comparison = PairedRounds.LeastNoisy(
            () =>
            {
                double[] ours = new double[rounds];
                double[] peers = new double[rounds];
                for (int round = -WarmUps; round < rounds; round++)
                {
                    double recorded = Replay(script, blocks, isRecorded: true, out bytes);
                    double plain = Replay(script, blocks, isRecorded: false, out _);
                    if (round >= 0)
                    {
                        ours[round] = recorded;
                        peers[round] = plain;
                    }
                }

                return PairedRounds.Summarize(ours, peers);
            },
            context.Settings.ReplayAttempts);
        string note = $"A/A {comparison.AgainstItself:F3}, {bytes}";
        return [new Figure(comparison.Ours, comparison.Peer, comparison.Ratio, comparison.IsNoisy ? $"NOISY: {note}" : note)];
    }

    private static double Replay(ReplayScript script, nint[] blocks, bool isRecorded, out string bytes)
    {
        using var state = new RmState();
        using RmRecording? recording = isRecorded ? state.Record(Stream.Null) : null;
        var heap = new StateHeap(state);
        TimeSpan before = ThreadClock.Now;
        ReplayLoop.Run(ref heap, script, blocks, script.EventCount, new ReplayTally());
        TimeSpan ran = ThreadClock.Now - before;
        bytes = recording is null ? "" : $"{(double)recording.Bytes / recording.Events:F2} bytes an event";
        return ran.TotalNanoseconds / script.EventCount;
    }
}
