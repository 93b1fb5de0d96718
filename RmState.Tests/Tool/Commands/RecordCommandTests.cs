using Rm.Tests.Tool.Traces;
using Rm.Tool;

namespace Rm.Tests.Tool.Commands;

/// <summary>A heap recorded elsewhere becomes a recording of a state, which replays.</summary>
public sealed class RecordCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rmstate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("malloc", "0")]
    [InlineData("arena", "3")]
    public void RecordedTraceReplays(string allocator, string holders)
    {
        string trace = Path.Combine(_folder, "small.rmt");
        string recording = Path.Combine(_folder, "recording.rmt");
        File.WriteAllBytes(trace, RandomTrace.Make(seed: 1, events: 5000));

        (int code, string output, string error) = Run("record", trace, "-o", recording, "--allocator", allocator, "--holders", holders);
        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.Contains("bytes an event", output, StringComparison.Ordinal);

        (code, output, error) = Run("replay", recording);
        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.Contains("recording: a recording of state 'small': ", output, StringComparison.Ordinal);
        Assert.Contains("state over malloc: ", output, StringComparison.Ordinal);
        Assert.Contains("state over arena: ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("FAIL", output, StringComparison.Ordinal);
    }

    [Fact]
    public void FileThatIsNoTraceIsRefused()
    {
        string file = Path.Combine(_folder, "x.rmt");
        File.WriteAllText(file, "no trace at all");

        (int code, _, string error) = Run("record", file, "-o", Path.Combine(_folder, "y.rmt"));

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("not an RMT1 trace", error, StringComparison.Ordinal);
    }

    [Fact]
    public void FolderThatIsNoneIsRefused()
    {
        string trace = Path.Combine(_folder, "small.rmt");
        File.WriteAllBytes(trace, RandomTrace.Make(seed: 1, events: 10));

        (int code, _, string error) = Run("record", trace, "-o", Path.Combine(_folder, "none", "y.rmt"));

        Assert.Equal(ExitCode.Usage, code);
        Assert.StartsWith("rmstate: ", error, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = Program.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
