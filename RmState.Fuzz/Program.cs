using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Rm.Fuzz.Commands;

namespace Rm.Fuzz;

internal static class Program
{
    private static int Main(string[] args)
    {
        RootCommand root = new("Property-based campaigns over an RmState and its model.") { Run(), Replay(), Draw(), Mutations(), Mutant() };
        return root.Parse(args).Invoke();
    }

    private static Command Run()
    {
        Option<double> seconds = new("--seconds") { Description = "How long to run.", DefaultValueFactory = _ => 60 };
        Option<string?> seed = new("--seed") { Description = "A seed to repeat, as printed; a random one without it." };
        Option<string?> campaign = new("--campaign") { Description = "One campaign by name; all without it." };
        Command command = new("run", "Run the campaigns; exit code 1 and a file to replay if a program breaks.") { seconds, seed, campaign };
        command.SetAction(parsed => RunCommand.Run(parsed.GetValue(seconds), Seed(parsed.GetValue(seed)), parsed.GetValue(campaign)));
        return command;
    }

    private static Command Replay()
    {
        Argument<string[]> files = new("file") { Description = "Program files (*.rmfuzz).", Arity = ArgumentArity.OneOrMore };
        Command command = new("replay", "Run kept programs again and print the step that breaks.") { files };
        command.SetAction(parsed => ReplayCommand.Run(parsed.GetValue(files)!));
        return command;
    }

    private static Command Draw()
    {
        Argument<string> campaign = new("campaign") { Description = "The campaign, as a note in artifacts/fuzz names it." };
        Option<string> seed = new("--seed") { Description = "The program's seed.", Required = true };
        Option<int> region = new("--region") { Description = "The program's address range." };
        Command command = new("draw", "Draw and run one program, keeping its steps in a file even if the process crashes.") { campaign, seed, region };
        command.SetAction(parsed => DrawCommand.Run(parsed.GetValue(campaign)!, Seed(parsed.GetValue(seed)), parsed.GetValue(region)));
        return command;
    }

    private static Command Mutations()
    {
        Command command = new("mutations", "Plant each known bug in turn and prove that the campaigns find it.");
        command.SetAction(_ => MutationsCommand.Run());
        return command;
    }

    private static Command Mutant()
    {
        Argument<int> id = new("id") { Description = "A planted bug's number; 0 for none." };
        Option<double> seconds = new("--seconds") { Description = "How long to run.", DefaultValueFactory = _ => 10 };
        Option<string?> seed = new("--seed") { Description = "The campaigns' seed." };
        Command command = new("mutant", "Run the campaigns with one planted bug; what 'mutations' starts.") { id, seconds, seed };
        command.SetAction(parsed => MutantCommand.Run(parsed.GetValue(id), parsed.GetValue(seconds), Seed(parsed.GetValue(seed))));
        return command;
    }

    private static ulong Seed(string? text) => text switch
    {
        null => (ulong)RandomNumberGenerator.GetInt32(1, int.MaxValue),
        ['0', 'x' or 'X', .. var digits] => ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        _ => ulong.Parse(text, CultureInfo.InvariantCulture),
    };
}
