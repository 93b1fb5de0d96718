using System.CommandLine;
using System.Text.Json;
using Rm.Tool.Replay;
using Rm.Tool.Traces;

namespace Rm.Tool.Commands;

/// <summary>One replay in this process, its report on standard output: what the tool starts itself with.</summary>
internal static class ChildCommand
{
    public const string Name = "replay-one";

    public static Command Create()
    {
        var trace = new Argument<string>("trace");
        var side = new Argument<ReplaySide>("side");
        var holders = new Argument<int>("holders");
        var seed = new Argument<ulong>("seed");
        var command = new Command(Name, "One replay in this process; the replay command starts it.") { trace, side, holders, seed };
        command.Hidden = true;
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(trace),
            parsed.GetRequiredValue(side),
            parsed.GetRequiredValue(holders),
            parsed.GetRequiredValue(seed),
            parsed.InvocationConfiguration));
        return command;
    }

    private static int Run(string path, ReplaySide side, int holders, ulong seed, InvocationConfiguration streams)
    {
        ReplayScript script;
        try
        {
            script = ReplayScript.Load(path);
        }
        catch (TraceException e)
        {
            streams.Error.WriteLine(e.Message);
            return ExitCode.Usage;
        }

        ReplayReport report = side switch
        {
            ReplaySide.State => ReplaySession.Run<StateHeap>(script, ReplayLoop.Run, warmUp: true),
            ReplaySide.Malloc => ReplaySession.Run<MallocHeap>(script, ReplayLoop.Run, warmUp: true),
            _ => ReplaySession.Run<StateHeap>(script, new HolderLoop(script, Math.Max(1, holders), seed).Run, warmUp: false),
        };
        streams.Output.WriteLine(JsonSerializer.Serialize(report, ReplayJson.Default.ReplayReport));
        return ExitCode.Success;
    }
}
