using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Rm.Tool.Replay;
using Spectre.Console;

namespace Rm.Tool.Commands;

/// <summary><c>rmstate replay TRACE…</c></summary>
internal static class ReplayCommand
{
    private const int MostHolders = 1000;
    private const int MostRounds = 1000;

    public static Command Create()
    {
        var traces = new Argument<string[]>("TRACE")
        {
            Description = "Recorded heaps (.rmt or .rmt.gz, see traces/FORMAT.md).",
            Arity = ArgumentArity.OneOrMore,
        };
        var holders = new Option<int>("--holders")
        {
            Description = "Besides the measured replays, replay once with every block retained 1 to N more times; 0 for not.",
            HelpName = "N",
            DefaultValueFactory = _ => 3,
        };
        var seed = new Option<ulong>("--seed")
        {
            Description = "For the number and the order of those holders.",
            HelpName = "S",
            DefaultValueFactory = _ => 1,
        };
        var rounds = new Option<int>("--rounds")
        {
            Description = "How many times to measure each trace against malloc, in processes that alternate.",
            HelpName = "N",
            DefaultValueFactory = _ => 3,
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of the table." };
        traces.Validators.Add(RefuseOptions);
        holders.Validators.Add(result => RequireBetween(result, holders.Name, 0, MostHolders));
        rounds.Validators.Add(result => RequireBetween(result, rounds.Name, 1, MostRounds));

        var command = new Command(
            "replay",
            "Replay recorded heaps through a state, check every block, and compare time and memory with plain malloc. "
            + "The traces are decoded before the clock starts.")
        {
            traces, holders, seed, rounds, json,
        };
        command.SetAction(parsed => Run(
            new ReplayPlan
            {
                Paths = parsed.GetRequiredValue(traces),
                Holders = parsed.GetRequiredValue(holders),
                Seed = parsed.GetRequiredValue(seed),
                Rounds = parsed.GetRequiredValue(rounds),
            },
            parsed.GetRequiredValue(json),
            parsed.InvocationConfiguration));
        return command;
    }

    // The parser takes an option it does not know for one more file. A file of such a name can be given as ./--name.
    private static void RefuseOptions(ArgumentResult result)
    {
        foreach (Token token in result.Tokens)
        {
            if (token.Value.StartsWith("--", StringComparison.Ordinal))
            {
                result.AddError($"Unknown option '{token.Value}'.");
            }
        }
    }

    // A value that is no number at all is the parser's to report.
    private static void RequireBetween(OptionResult result, string option, int least, int most)
    {
        foreach (Token token in result.Tokens)
        {
            if (int.TryParse(token.Value, out int value) && (value < least || value > most))
            {
                result.AddError($"{option} must be {least} to {most}, not {value}.");
            }
        }
    }

    private static int Run(ReplayPlan plan, bool json, InvocationConfiguration streams)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(streams.Output) });
        ReplayDocument document = json ? plan.Run(new NoProgress()) : Run(plan, console, streams.Output);
        foreach (string error in document.Errors)
        {
            streams.Error.WriteLine($"rmstate: {error}");
        }

        if (json)
        {
            streams.Output.WriteLine(JsonSerializer.Serialize(document, ReplayJson.Default.ReplayDocument));
        }
        else if (document.Errors.Count == 0)
        {
            ReplayTable.Write(console, document);
        }

        return document.ExitCode;
    }

    private static ReplayDocument Run(ReplayPlan plan, IAnsiConsole console, TextWriter output)
    {
        return console.Profile.Out.IsTerminal
            ? console.Progress().AutoClear(enabled: true).Start(context => plan.Run(new BarProgress(context)))
            : plan.Run(new PlainProgress(output));
    }
}
