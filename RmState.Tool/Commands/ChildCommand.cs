using System.CommandLine;
using System.Text.Json;
using Rm.Tool.Replay;
using Rm.Tool.Replay.Threads;
using Rm.Tool.Traces;

namespace Rm.Tool.Commands;

/// <summary>One replay in this process, its report on standard output: what the tool starts itself with.</summary>
internal static class ChildCommand
{
    private const string Name = "replay-one";

    public static Command Create()
    {
        var trace = new Argument<string>("trace");
        var side = new Argument<ReplaySide>("side");
        var threads = new Argument<bool>("threads");
        var holders = new Argument<int>("holders");
        var seed = new Argument<ulong>("seed");
        var samples = new Argument<int>("samples");
        var snapshot = new Argument<int>("snapshot");
        var command = new Command(Name, "One replay in this process; the replay command starts it.") { trace, side, threads, holders, seed, samples, snapshot };
        command.Hidden = true;
        command.SetAction(parsed => Run(
            new ReplayRequest
            {
                Path = parsed.GetRequiredValue(trace),
                Side = parsed.GetRequiredValue(side),
                OnThreads = parsed.GetRequiredValue(threads),
                Holders = parsed.GetRequiredValue(holders),
                Seed = parsed.GetRequiredValue(seed),
                Samples = parsed.GetRequiredValue(samples),
                SnapshotAt = parsed.GetRequiredValue(snapshot) - 1,
            },
            parsed.InvocationConfiguration));
        return command;
    }

    /// <summary>The command line that has a process of its own replay this; no argument begins with a minus.</summary>
    public static IReadOnlyList<string> ArgumentsFor(ReplayRequest request) =>
    [
        Name, Path.GetFullPath(request.Path), $"{request.Side}", $"{request.OnThreads}", $"{request.Holders}", $"{request.Seed}", $"{request.Samples}",
        $"{request.SnapshotAt + 1}",
    ];

    /// <summary>Replays in this process.</summary>
    internal static ReplayReport Replay(ReplayScript script, ReplayRequest request) => request.Side switch
    {
        ReplaySide.Malloc => Shared<MallocHeap>(script, request),
        ReplaySide.Membufs => Shared<MembufReplayHeap>(script, request),
        ReplaySide.LockedArena => Shared<LockedArenaHeap>(script, request),
        _ when request.OnThreads => throw new ArgumentException($"{request.Side.Name()} is for one thread.", nameof(request)),
        ReplaySide.Arena => Plain<ArenaHeap>(script, request),
        ReplaySide.StateOverMalloc => Plain<StateHeap>(script, request),
        ReplaySide.StateOverArena => Plain<ArenaStateHeap>(script, request),
        ReplaySide.HoldersOverMalloc => Held<StateHeap>(script, request),
        _ => Held<ArenaStateHeap>(script, request),
    };

    private static int Run(ReplayRequest request, InvocationConfiguration streams)
    {
        ReplayScript script;
        try
        {
            script = ReplayScript.Load(request.Path);
        }
        catch (TraceException e)
        {
            streams.Error.WriteLine(e.Message);
            return ExitCode.Usage;
        }

        streams.Output.WriteLine(JsonSerializer.Serialize(Replay(script, request), ReplayJson.Default.ReplayReport));
        return ExitCode.Success;
    }

    private static ReplayReport Plain<THeap>(ReplayScript script, ReplayRequest request)
        where THeap : struct, IReplayHeap<THeap>
    {
        if (request is { Samples: 0, SnapshotAt: ReplayRequest.NoSnapshot })
        {
            return ReplaySession.RunOften<THeap>(script, ReplayLoop.Run);
        }

        // Warm only where the resident bytes are looked at: code that is compiled on the way is among them.
        var sampler = new ReplaySampler(script, request.Samples, request.SnapshotAt);
        ReplayReport report = ReplaySession.Run<THeap>(script, sampler.Run, warmUp: request.Samples > 0);
        return report with
        {
            Samples = request.Samples > 0 ? sampler.Samples(report.StartRss) : null,
            Snapshot = sampler.Snapshot,
        };
    }

    private static ReplayReport Shared<THeap>(ReplayScript script, ReplayRequest request)
        where THeap : struct, ISharedHeap<THeap>
    {
        if (!request.OnThreads)
        {
            return Plain<THeap>(script, request);
        }

        var loop = new ThreadedLoop(script);
        ReplayReport report = ReplaySession.Run<THeap>(script, loop.Run, warmUp: true);
        return report with { OnThreads = loop.Figures };
    }

    private static ReplayReport Held<THeap>(ReplayScript script, ReplayRequest request)
        where THeap : struct, IReplayHeap<THeap>, IStateHeap =>
        ReplaySession.Run<THeap>(script, new HolderLoop(script, Math.Max(1, request.Holders), request.Seed).Run, warmUp: false);
}
