using System.CommandLine;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios;

/// <summary>What malloc keeps, measured in this process: what the bench command starts itself with.</summary>
internal static class ResidueCommand
{
    public const string Name = "malloc-residue";

    public static Command Create()
    {
        var blocks = new Argument<int>("blocks");
        var size = new Argument<int>("size");
        var every = new Argument<int>("every");
        var command = new Command(Name, "What malloc keeps, in this process; the bench command starts it.") { blocks, size, every };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.WriteLine(
                MallocResidue.Measure(parsed.GetRequiredValue(blocks), parsed.GetRequiredValue(size), parsed.GetRequiredValue(every)));
            return ExitCode.Success;
        });
        return command;
    }
}
