using Rm.Tests.Tool.Traces;
using Rm.Tool.Ratios;
using Rm.Tool.Ratios.Cases;
using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Ratios.Cases;

/// <summary>Rows of replays on threads are measured by the same runs as those on one.</summary>
public sealed class ThreadedReplayCaseTests : IDisposable
{
    private static readonly Row Row = new("some row", "malloc on the same threads", 1);

    private readonly string _root = Directory.CreateTempSubdirectory("rmstate-").FullName;

    public ThreadedReplayCaseTests()
    {
        string traces = Directory.CreateDirectory(Path.Combine(_root, "traces")).FullName;
        File.WriteAllBytes(Path.Combine(traces, "a.rmt.gz"), TraceWriter.Gzip(RandomTrace.Make(seed: 1, events: 2000)));
        File.WriteAllBytes(Path.Combine(traces, "b.rmt.gz"), TraceWriter.Gzip(RandomTrace.Make(seed: 2, events: 2000)));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void OneTraceIsItsRatioAndSeveralAreTheirMean()
    {
        using var context = new BenchContext(BenchSettings.Smoke, _root);

        Figure first = Measure(context, "a");
        Figure second = Measure(context, "b");
        Figure mean = Measure(context, "a", "b");

        Assert.True(first.Ratio > 0 && second.Ratio > 0);
        Assert.Equal(first.Ours / first.Peer, first.Ratio, precision: 9);
        Assert.Equal(Math.Sqrt(first.Ratio * second.Ratio), mean.Ratio, precision: 9);
        Assert.StartsWith("worst ", mean.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void RunsAreOnTheThreadsOfTheTrace()
    {
        using var context = new BenchContext(BenchSettings.Smoke, _root);

        Assert.EndsWith("of malloc's is waiting", context.ThreadedReplays.TimeOf("a", ReplaySide.Membufs).Note, StringComparison.Ordinal);
        Assert.DoesNotContain("waiting", context.Replays.TimeOf("a", ReplaySide.Arena).Note, StringComparison.Ordinal);
    }

    private static Figure Measure(BenchContext context, params string[] traces) =>
        Assert.Single(new ThreadedReplayCase(traces, ReplaySide.Membufs, Row).Measure(context));
}
