using System.CommandLine;
using Rm.Diagnostics;
using Rm.Tool.Guarding;

namespace Rm.Tool.Commands;

/// <summary><c>rmstate explain FILE ADDRESS</c></summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The map file that a GuardedAllocator kept (MapFile)." };
        var address = new Argument<string>("ADDRESS") { Description = "The address of the fault: 0x and hexadecimal digits, or decimal." };
        var command = new Command("explain", "Say which guarded block an address belongs to, after a crash or while the program runs.")
        {
            file, address,
        };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(file), parsed.GetRequiredValue(address), parsed.InvocationConfiguration));
        return command;
    }

    private static int Run(string file, string text, InvocationConfiguration streams)
    {
        if (!AddressText.TryParse(text, out ulong address))
        {
            streams.Error.WriteLine($"rmstate: '{text}' is no address; write 0x and hexadecimal digits, or a decimal number.");
            return ExitCode.Usage;
        }

        GuardMap map;
        try
        {
            map = GuardMap.Read(file);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            streams.Error.WriteLine($"rmstate: {file}: {Cause(file, e)}");
            return ExitCode.Usage;
        }

        IReadOnlyList<string> lines = Explanation.Of(map, address, out bool found);
        foreach (string line in lines)
        {
            streams.Output.WriteLine(line);
        }

        if (map.Damaged > 0)
        {
            streams.Error.WriteLine($"rmstate: {file}: {map.Damaged} of {map.Header.Records} records are damaged and were left out");
        }

        return found ? ExitCode.Success : ExitCode.Failed;
    }

    private static string Cause(string file, Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file",
        UnauthorizedAccessException when Directory.Exists(file) => "is a directory",
        _ => e.Message.ReplaceLineEndings(" "),
    };
}
