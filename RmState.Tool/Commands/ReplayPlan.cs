using Rm.Tool.Replay;
using Rm.Tool.Traces;

namespace Rm.Tool.Commands;

/// <summary>What the replay command was asked for.</summary>
internal sealed record ReplayPlan
{
    // What the heaps and the replay keep for an object beside its bytes, at most.
    private const ulong BytesPerObject = 128;

    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>The most holders a block gets in the held replay; 0 for no such replay.</summary>
    public required int Holders { get; init; }

    public required ulong Seed { get; init; }

    public required int Rounds { get; init; }

    private int ReplaysPerTrace => (2 * Rounds) + (Holders > 0 ? 1 : 0);

    /// <summary>Reads every trace, and replays them if all can be.</summary>
    public ReplayDocument Run(IReplayProgress progress)
    {
        var traces = new List<(string Path, TraceStatistics Statistics)>();
        var errors = new List<string>();
        foreach (string path in Paths)
        {
            try
            {
                traces.Add((path, Read(path)));
            }
            catch (TraceException e)
            {
                errors.Add(e.Message);
            }
        }

        return new ReplayDocument
        {
            Rounds = Rounds,
            Holders = Holders,
            Seed = Seed,
            Errors = errors,
            Traces = errors.Count > 0 ? [] : [.. traces.Select(t => Replay(t.Path, t.Statistics, progress))],
        };
    }

    // A file can ask for more memory than there is; touching it would end this process and perhaps others.
    private static TraceStatistics Read(string path)
    {
        var statistics = TraceStatistics.Of(path);
        ulong available = (ulong)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        ulong needed = statistics.PeakLiveBytes + ((ulong)statistics.Objects * BytesPerObject);
        return needed <= available
            ? statistics
            : throw new TraceException($"{path}: needs {needed} bytes of memory to replay; this machine has {available}");
    }

    private ReplayResult Replay(string path, TraceStatistics statistics, IReplayProgress progress)
    {
        progress.Begin(ReplayResult.ShortName(path), ReplaysPerTrace);
        ReplayReport? held = null;
        if (Holders > 0)
        {
            held = ReplayProcess.Run(path, ReplaySide.Holders, Holders, Seed);
            progress.Step();
        }

        return new ReplayResult
        {
            Path = path,
            Trace = statistics,
            Held = held,
            Plain = ReplayMeasurement.Compare(path, Rounds, progress.Step),
        };
    }
}
