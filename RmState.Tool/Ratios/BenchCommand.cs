using System.CommandLine;
using Spectre.Console;

namespace Rm.Tool.Ratios;

/// <summary><c>rmstate bench</c>: measures RmState against its peers, row by row.</summary>
internal static class BenchCommand
{
    private const int MostSeeds = 64;

    // Wide enough for the table where the output is a file or a pipe, which have no width of their own.
    private const int PlainWidth = 220;

    /// <summary>Makes the command.</summary>
    internal static Command Create()
    {
        var quick = new Option<bool>("--quick") { Description = "As few rounds as the rows allow." };
        var smoke = new Option<bool>("--smoke") { Description = "Show in seconds that every row can be measured; the figures mean nothing." };
        var only = new Option<string?>("--only") { Description = "Measure only rows whose name contains this.", HelpName = "TEXT" };
        var seeds = new Option<int?>("--seeds") { Description = "How many table seeds to measure; a row is the worst of them (8).", HelpName = "N" };
        var command = new Command("bench", "Measure against the peers; a table, and artifacts/bench/ratios.tsv.") { quick, smoke, only, seeds };
        command.Validators.Add(result =>
        {
            if (result.GetValue(quick) && result.GetValue(smoke))
            {
                result.AddError("--quick and --smoke exclude each other");
            }

            if (result.GetValue(seeds) is < 1 or > MostSeeds)
            {
                result.AddError($"--seeds must be 1 to {MostSeeds}");
            }
        });
        command.SetAction(parsed =>
        {
            BenchSettings settings = parsed.GetValue(smoke) ? BenchSettings.Smoke : parsed.GetValue(quick) ? BenchSettings.Quick : BenchSettings.Full;
            settings = settings with { Seeds = parsed.GetValue(seeds) ?? settings.Seeds };
            return new BenchRun(settings, ConsoleOver(parsed.InvocationConfiguration.Output), Root(Environment.CurrentDirectory)).Execute(Suite.All, parsed.GetValue(only));
        });
        return command;
    }

    /// <summary>The repository that a directory is in, or the directory itself.</summary>
    internal static string Root(string directory)
    {
        for (DirectoryInfo? above = new(directory); above is not null; above = above.Parent)
        {
            if (File.Exists(Path.Combine(above.FullName, "RmState.sln")))
            {
                return above.FullName;
            }
        }

        return directory;
    }

    private static IAnsiConsole ConsoleOver(TextWriter output)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (!console.Profile.Out.IsTerminal)
        {
            console.Profile.Width = PlainWidth;
            console.Profile.Capabilities.Ansi = false;
        }

        return console;
    }
}
