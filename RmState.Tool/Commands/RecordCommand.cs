using System.CommandLine;
using Rm.Arenas;
using Rm.Diagnostics;
using Rm.Tool.Replay;
using Rm.Tool.Traces;

namespace Rm.Tool.Commands;

/// <summary><c>rmstate record TRACE -o FILE</c></summary>
internal static class RecordCommand
{
    private const int MostHolders = 1000;

    public static Command Create()
    {
        var trace = new Argument<string>("TRACE") { Description = "A recorded heap of version 1 (.rmt or .rmt.gz)." };
        var output = new Option<string>("--output", "-o") { Description = "The recording to write.", HelpName = "FILE", Required = true };
        var allocator = new Option<ReplayAllocator>("--allocator")
        {
            Description = "What the state takes its blocks from.",
            HelpName = "arena|malloc",
            DefaultValueFactory = static _ => ReplayAllocator.Malloc,
        };
        var holders = new Option<int>("--holders")
        {
            Description = "Retain every block 1 to N more times, as if it had more owners; 0 for not.",
            HelpName = "N",
        };
        holders.Validators.Add(result =>
        {
            if (result.GetValue(holders) is < 0 or > MostHolders)
            {
                result.AddError($"--holders must be 0 to {MostHolders}.");
            }
        });
        var command = new Command(
            "record",
            "Replay a heap that was recorded elsewhere through a state, and record the state: a recording of version 2 (docs/trace-format.md).")
        {
            trace, output, allocator, holders,
        };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(trace),
            parsed.GetRequiredValue(output),
            parsed.GetRequiredValue(allocator),
            parsed.GetValue(holders),
            parsed.InvocationConfiguration));
        return command;
    }

    private static int Run(string trace, string output, ReplayAllocator allocator, int holders, InvocationConfiguration streams)
    {
        try
        {
            var script = ReplayScript.Load(trace);
            string name = ReplayResult.ShortName(trace);
            if (allocator == ReplayAllocator.Malloc)
            {
                using var state = new RmState(new RmStateOptions { Name = name });
                Record(new StateHeap(state), script, output, holders, streams.Output);
            }
            else
            {
                using var arena = new Arena();
                SizeClassHeap blocks = arena.CreateHeap();
                using var state = new RmState(new RmStateOptions { Name = name, Allocator = blocks });
                Record(new ArenaStateHeap(state, blocks), script, output, holders, streams.Output);
            }

            return ExitCode.Success;
        }
        catch (Exception e) when (e is TraceException or IOException or UnauthorizedAccessException)
        {
            streams.Error.WriteLine($"rmstate: {e.Message.ReplaceLineEndings(" ")}");
            return ExitCode.Usage;
        }
    }

    private static void Record<THeap>(THeap heap, ReplayScript script, string path, int holders, TextWriter output)
        where THeap : struct, IReplayHeap<THeap>, IStateHeap
    {
        nint[] blocks = new nint[script.ObjectCount];
        var tally = new ReplayTally();
        using RmRecording recording = heap.State.Record(path);
        if (holders > 0)
        {
            new HolderLoop(script, holders, seed: 1).Run(ref heap, script, blocks, script.EventCount, tally);
        }
        else
        {
            ReplayLoop.Run(ref heap, script, blocks, script.EventCount, tally);
        }

        recording.Dispose();
        output.WriteLine(
            $"{path}: {recording.Events:N0} events, {recording.Bytes:N0} bytes, {(double)recording.Bytes / recording.Events:F2} bytes an event");
    }
}
