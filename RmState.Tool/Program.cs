using System.CommandLine;
using Rm.Tool.Commands;

namespace Rm.Tool;

internal static class Program
{
    private static int Main(string[] args) => Run(args);

    /// <summary>Runs a command line.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    internal static int Run(string[] args)
    {
        var root = new RootCommand("Replays recorded heaps through RmState.")
        {
            ChildCommand.Create(),
        };
        ParseResult parsed = root.Parse(args is [] ? ["--help"] : args);
        if (parsed.Errors.Count == 0)
        {
            return parsed.Invoke();
        }

        foreach (var error in parsed.Errors)
        {
            Console.Error.WriteLine($"rmstate: {error.Message}");
        }

        return ExitCode.Usage;
    }
}
