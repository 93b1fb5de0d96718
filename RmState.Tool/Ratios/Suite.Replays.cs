using Rm.Tool.Ratios.Cases;
using Rm.Tool.Replay;

namespace Rm.Tool.Ratios;

// The rows of whole programs.
internal static partial class Suite
{
    private const string PlainReplay = "plain malloc replay";
    private const string UncountedReplay = "plain malloc replay, uncounted";
    private const string PlainPeak = "plain malloc, bytes";

    private const string ThreadedReplay = "malloc on the same threads, CPU time";

    private static string[] ThreadedTraces => ["ffmpeg-transcode", "git-pack-objects", "redis-server"];

    private static string[] Traces => ["ffmpeg-transcode", "gcc-cc1plus", "git-pack-objects", "python-json", "redis-server", "sqlite3-sql"];

    private static IEnumerable<BenchCase> Replays =>
    [
        .. Traces.Select(Replay),
        new ReplayMeansCase(
            Traces,
            new Row("replays over the arena, counted: geometric mean", UncountedReplay, 0.95),
            new Row("peak RSS over start, replays over the arena, counted: geometric mean", PlainPeak, 1.05),
            new Row("peak RSS over start, replays over the arena, uncounted: geometric mean", PlainPeak, 0.95)),
        .. ThreadedTraces.Select(static trace => new ThreadedReplayCase(
            [trace], ReplaySide.Membufs, new Row($"replay of {trace} on its threads, membufs", ThreadedReplay, 1.3))),
        new ThreadedReplayCase(
            ThreadedTraces, ReplaySide.Membufs, new Row("replays on their threads, membufs: geometric mean", ThreadedReplay, 1.1)),
        new RecordingCase("redis-server", new Row("recording a replayed trace", "the same, not recording", 1.6)),
    ];

    private static ReplayCase Replay(string trace) => new(
        trace,
        new Row($"replay of {trace}, malloc-backed", PlainReplay, 1.35),
        new Row($"replay of {trace} over the arena, counted", UncountedReplay, 1.1),
        new Row($"peak RSS over start, replay of {trace} over the arena, counted", PlainPeak, 1.2),
        new Row($"peak RSS over start, replay of {trace} over the arena, uncounted", PlainPeak, 1.1));
}
