using Rm.Tool.Recordings;
using Rm.Tool.Replay;
using Rm.Tool.Replay.Threads;
using Rm.Tool.Traces;

namespace Rm.Tool.Commands;

/// <summary>What the replay command was asked for.</summary>
internal sealed record ReplayPlan
{
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>What is compared with plain malloc.</summary>
    public required IReadOnlyList<ReplaySide> Sides { get; init; }

    /// <summary>The most holders a block gets in the held replays; 0 for no such replays.</summary>
    public required int Holders { get; init; }

    public required ulong Seed { get; init; }

    public required int Rounds { get; init; }

    /// <summary>How often the memory is looked at, in replays of their own; 0 for no such replays.</summary>
    public int Samples { get; init; }

    /// <summary>When the heap of the side over the arena is described; null for not.</summary>
    public MapMoment? MapAt { get; init; }

    /// <summary>Whether each thread of a trace has a thread of its own; the sides are shared ones then.</summary>
    public bool OnThreads { get; init; }

    private int ReplaysPerTrace => ((Sides.Count + 1) * (Rounds + (Samples > 0 ? 1 : 0)))
        + Sides.Count(s => Holders > 0 && s.WithHolders() is not null)
        + (MapAt is null ? 0 : 1);

    /// <summary>Reads every trace, and replays them if all can be.</summary>
    public ReplayDocument Run(IReplayProgress progress)
    {
        var traces = new List<(string Path, TraceStatistics Statistics)>();
        var recordings = new List<string>();
        var errors = new List<string>();
        foreach (string path in Paths)
        {
            try
            {
                if (TraceHeader.VersionOf(path) != 1)
                {
                    recordings.Add(OnThreads ? throw new TraceException($"{path}: is a recording of a state, which has one thread") : path);
                    continue;
                }

                TraceStatistics statistics = Read(path);
                _ = MapAt?.EventOf(path, statistics);
                traces.Add((path, statistics));
            }
            catch (TraceException e)
            {
                errors.Add(e.Message);
            }
        }

        List<RecordingResult> results = errors.Count > 0 ? [] : Replay(recordings, progress, errors);
        return new ReplayDocument
        {
            Recordings = results,
            Rounds = Rounds,
            Holders = Holders,
            Seed = Seed,
            OnThreads = OnThreads,
            Errors = errors,
            Traces = errors.Count > 0 ? [] : [.. traces.Select(t => Replay(t.Path, t.Statistics, progress))],
        };
    }

    private List<RecordingResult> Replay(List<string> recordings, IReplayProgress progress, List<string> errors)
    {
        var results = new List<RecordingResult>();
        ReplayAllocator[] allocators = [.. Sides.Select(static s => s.IsOverArena() ? ReplayAllocator.Arena : ReplayAllocator.Malloc).Distinct()];
        foreach (string path in recordings)
        {
            progress.Begin(ReplayResult.ShortName(path), 1);
            try
            {
                results.Add(RecordingRunner.Replay(path, allocators));
            }
            catch (TraceException e)
            {
                errors.Add(e.Message);
            }

            progress.Step();
        }

        return results;
    }

    // A file can ask for more memory than there is; touching it would end this process and perhaps others.
    private TraceStatistics Read(string path)
    {
        var statistics = TraceStatistics.Of(path);
        if (OnThreads && statistics.Threads > ThreadedScript.MostThreads)
        {
            throw new TraceException($"{path}: has {statistics.Threads} threads; at most {ThreadedScript.MostThreads} are replayed on threads");
        }

        return statistics.FitsThisMachine
            ? statistics
            : throw new TraceException(
                $"{path}: needs {statistics.BytesToReplay} bytes of memory to replay; this machine has {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes}");
    }

    private ReplayResult Replay(string path, TraceStatistics statistics, IReplayProgress progress)
    {
        progress.Begin(ReplayResult.ShortName(path), ReplaysPerTrace);
        return new ReplayResult
        {
            Path = path,
            Trace = statistics,
            Sides = [.. ReplayMeasurement.Compare(path, Sides, Rounds, OnThreads, progress.Step).Select(measured => Complete(measured, path, statistics, progress))],
        };
    }

    // The replays whose time does not count.
    private SideResult Complete(SideResult measured, string path, TraceStatistics statistics, IReplayProgress progress)
    {
        var request = new ReplayRequest { Path = path, Side = measured.Side };
        ReplayReport? Replay(bool wanted, ReplayRequest wish)
        {
            ReplayReport? report = wanted ? ReplayProcess.Run(wish) : null;
            if (wanted)
            {
                progress.Step();
            }

            return report;
        }

        ReplaySide? held = measured.Side.WithHolders();
        return measured with
        {
            Held = Replay(held is not null && Holders > 0, request with { Side = held ?? measured.Side, Holders = Holders, Seed = Seed }),
            Sampled = Replay(Samples > 0, request with { Samples = Samples }),
            Mapped = Replay(
                MapAt is not null && measured.Side.IsOverArena(),
                request with { SnapshotAt = MapAt?.EventOf(path, statistics) ?? ReplayRequest.NoSnapshot }),
        };
    }
}
