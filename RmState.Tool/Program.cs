using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Rm.Tool.Commands;
using Rm.Tool.Ratios;

namespace Rm.Tool;

internal static class Program
{
    private static int Main(string[] args) => Run(args, Console.Out, Console.Error);

    /// <summary>Runs a command line.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    internal static int Run(string[] args, TextWriter output, TextWriter error)
    {
        // Every command is listed here, and nowhere else.
        var root = new Command("rmstate", "Replays recorded heaps through RmState, reports on them, explains faults, and measures it against its peers.")
        {
            new HelpOption(),
            new VersionOption(),
            BenchCommand.Create(),
            RecordCommand.Create(),
            ReplayCommand.Create(),
            ShrinkCommand.Create(),
            ExplainCommand.Create(),
            ReportCommand.Create(),
            ChildCommand.Create(),
            FaultCommand.Create(),
            ResidueCommand.Create(),
        };

        // A file's name may begin with @.
        var parser = new ParserConfiguration { ResponseFileTokenReplacer = null };
        ParseResult parsed = root.Parse(args is [] ? ["--help"] : args, parser);
        foreach (ParseError mistake in parsed.Errors)
        {
            error.WriteLine($"rmstate: {mistake.Message.Split('\n')[0].TrimEnd()}");
        }

        var streams = new InvocationConfiguration { Output = output, Error = error };
        return parsed.Errors.Count > 0 ? ExitCode.Usage : parsed.Invoke(streams);
    }
}
