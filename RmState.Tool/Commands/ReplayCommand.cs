using System.CommandLine;
using System.Text.Json;
using Rm.Tool.Maps;
using Rm.Tool.Recordings;
using Rm.Tool.Replay;
using Spectre.Console;

namespace Rm.Tool.Commands;

/// <summary><c>rmstate replay TRACE…</c></summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var options = new ReplayOptions();
        var command = new Command(
            "replay",
            "Replay recorded heaps through a state, check every block, and compare time and memory with plain malloc. "
            + "The traces are decoded before the clock starts. Recordings of states are replayed once over each allocator and compared with a model.");
        options.AddTo(command);
        command.SetAction(parsed => Run(
            options.PlanOf(parsed),
            parsed.GetRequiredValue(options.Json),
            parsed.GetValue(options.Map),
            parsed.InvocationConfiguration));
        return command;
    }

    private static int Run(ReplayPlan plan, bool json, string? map, InvocationConfiguration streams)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(streams.Output) });
        ReplayDocument document = json ? plan.Run(new NoProgress()) : Run(plan, console, streams.Output);
        if (map is not null)
        {
            document = Draw(document, plan, map);
        }

        foreach (string error in document.Errors)
        {
            streams.Error.WriteLine($"rmstate: {error}");
        }

        if (json)
        {
            streams.Output.WriteLine(JsonSerializer.Serialize(document, ReplayJson.Default.ReplayDocument));
        }
        else
        {
            RecordingTable.Write(streams.Output, document.Recordings);
            if (document.Traces.Count > 0)
            {
                ReplayTable.Write(console, document);
            }
        }

        return document.ExitCode;
    }

    private static ReplayDocument Run(ReplayPlan plan, IAnsiConsole console, TextWriter output)
    {
        return console.Profile.Out.IsTerminal
            ? console.Progress().AutoClear(enabled: true).Start(context => plan.Run(new BarProgress(context)))
            : plan.Run(new PlainProgress(output));
    }

    // A replay that failed may have nothing to draw; that it failed is told anyhow.
    private static ReplayDocument Draw(ReplayDocument document, ReplayPlan plan, string map)
    {
        if (document.Traces is not [ReplayResult result] || HeapPicture.Of(result, $"{plan.MapAt}") is not { } picture)
        {
            return document;
        }

        try
        {
            picture.Save(map);
            return document;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return document with { Errors = [.. document.Errors, $"{map}: {e.Message.ReplaceLineEndings(" ")}"] };
        }
    }
}
