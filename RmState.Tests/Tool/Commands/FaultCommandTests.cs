using System.Diagnostics;
using Rm.Tool;
using Rm.Tool.Commands;
using Rm.Tool.Guarding;
using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Commands;

/// <summary>Processes that misuse a guarded block die at once, and the map file they leave explains the address they died of.</summary>
public sealed class FaultCommandTests : IDisposable
{
    // The runtime turns the signal into an abort of its own where the fault is in managed code.
    private static readonly int[] KilledBySignal = [128 + 6, 128 + 11];

    private readonly string _folder = Directory.CreateTempSubdirectory("rmstate-").FullName;

    private string MapFile => Path.Combine(_folder, "blocks.map");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(nameof(FaultKind.Overrun), 48, "lies directly behind the end of", "(48 bytes, live, allocated at Decoder.cs:88)")]
    [InlineData(nameof(FaultKind.Underrun), -1, "lies 1 byte before the start of", "(48 bytes, live, allocated at Decoder.cs:88)")]
    [InlineData(nameof(FaultKind.ReadAfterFree), 5, "lies 5 bytes into", "(48 bytes, freed, allocated at Decoder.cs:88, freed at Decoder.cs:99)")]
    [InlineData(nameof(FaultKind.WriteAfterMove), 5, "lies 5 bytes into", "(48 bytes, freed, allocated at Decoder.cs:88)")]
    public void ProcessDiesAndItsMapFileNamesTheBlock(string kind, int offset, string place, string block)
    {
        (int code, string output, string error) = RunChild(kind);

        Assert.Contains(code, KilledBySignal);
        Assert.Contains("Fatal error", error, StringComparison.Ordinal);
        string[] said = output.TrimEnd().Split(' ', '\n');
        Assert.Equal(2, said.Length);
        Assert.Equal(offset, Convert.ToInt64(said[1], 16) - Convert.ToInt64(said[0], 16));
        using var explained = new StringWriter();
        Assert.Equal(ExitCode.Success, Program.Run(["explain", MapFile, said[1]], explained, TextWriter.Null));
        Assert.Equal($"{said[1]} {place} the block {said[0]} {block}", explained.ToString().Split('\n')[0]);
        Assert.Contains("nearest below: ", explained.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ProcessThatKeepsToItsBlockEndsWellAndLeavesNoFile()
    {
        (int code, string output, string error) = RunChild(nameof(FaultKind.None));

        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.EndsWith("done\n", output, StringComparison.Ordinal);
        Assert.False(File.Exists(MapFile));
    }

    private (int Code, string Output, string Error) RunChild(string kind)
    {
        ProcessStartInfo start = ReplayProcess.Self();
        foreach (string argument in (string[])[FaultCommand.Name, kind, MapFile])
        {
            start.ArgumentList.Add(argument);
        }

        start.WorkingDirectory = _folder;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        using var child = Process.Start(start)!;
        Task<string> output = child.StandardOutput.ReadToEndAsync();
        Task<string> error = child.StandardError.ReadToEndAsync();
        if (!child.WaitForExit(TimeSpan.FromMinutes(1)))
        {
            child.Kill(entireProcessTree: true);
        }

        child.WaitForExit();
        return (child.ExitCode, output.Result, error.Result);
    }
}
