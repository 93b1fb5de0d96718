using System.Text.Json;
using Rm.Tests.Tool.Traces;
using Rm.Tool;

namespace Rm.Tests.Tool.Commands;

/// <summary>What the command prints and ends with.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rmstate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void GoodTraceEndsWithZeroAndATable()
    {
        string trace = Save("small.rmt.gz", TraceWriter.Gzip(RandomTrace.Make(seed: 1, events: 1234)));

        (int code, string output, string error) = Run("replay", trace, "--rounds", "1");

        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.Contains("small: 3 replays", output, StringComparison.Ordinal);
        Assert.Contains("1,234", output, StringComparison.Ordinal);
        Assert.Contains("live at end", output, StringComparison.Ordinal);
        Assert.DoesNotContain("FAIL", output, StringComparison.Ordinal);
    }

    [Fact]
    public void JsonIsOneDocumentWithEverything()
    {
        string first = Save("first.rmt", RandomTrace.Make(seed: 2, events: 500));
        string second = Save("@second.rmt", RandomTrace.Make(seed: 3, events: 600));

        (int code, string output, string error) = Run("replay", first, second, "--rounds", "1", "--holders", "2", "--seed", "7", "--json");

        Assert.Equal((ExitCode.Success, ""), (code, error));
        using var document = JsonDocument.Parse(output);
        JsonElement root = document.RootElement;
        Assert.True(root.GetProperty("passed").GetBoolean());
        Assert.Equal((1, 2, 7), (root.GetProperty("rounds").GetInt32(), root.GetProperty("holders").GetInt32(), root.GetProperty("seed").GetInt32()));
        JsonElement[] traces = [.. root.GetProperty("traces").EnumerateArray()];
        Assert.Equal(["first", "@second"], traces.Select(t => t.GetProperty("name").GetString()!), StringComparer.Ordinal);
        Assert.Equal([500, 600], traces.Select(t => t.GetProperty("trace").GetProperty("events").GetInt32()));
        foreach (JsonElement trace in traces)
        {
            JsonElement plain = trace.GetProperty("plain");
            Assert.True(plain.GetProperty("ratio").GetDouble() > 0);
            Assert.True(plain.GetProperty("state")[0].GetProperty("checks").GetInt64() > 0);
            Assert.True(plain.GetProperty("malloc")[0].GetProperty("plantedErrorSeen").GetBoolean());
            Assert.True(trace.GetProperty("held").GetProperty("retains").GetInt64() > 0);
            Assert.Equal(
                trace.GetProperty("trace").GetProperty("liveObjects").GetInt64(),
                trace.GetProperty("held").GetProperty("liveAtEnd").GetInt64());
            Assert.Equal(0, trace.GetProperty("violations").GetInt64());
            Assert.Empty(trace.GetProperty("failures").EnumerateArray());
        }
    }

    [Fact]
    public void HoldersCanBeLeftOut()
    {
        string trace = Save("small.rmt", RandomTrace.Make(seed: 1, events: 100));

        (int code, string output, _) = Run("replay", trace, "--rounds", "1", "--holders", "0", "--json");

        Assert.Equal(ExitCode.Success, code);
        using var document = JsonDocument.Parse(output);
        Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty("traces")[0].GetProperty("held").ValueKind);
    }

    [Fact]
    public void FilesThatCannotBeReadAreAllNamedAndNothingIsReplayed()
    {
        string good = Save("good.rmt", RandomTrace.Make(seed: 1, events: 100));
        string cut = Save("cut.rmt.gz", TraceWriter.Gzip(RandomTrace.Make(seed: 1, events: 100))[..^3]);
        string empty = Save("empty.rmt", []);
        string missing = Path.Combine(_folder, "missing.rmt");

        (int code, string output, string error) = Run("replay", good, cut, empty, missing, _folder);

        Assert.Equal((ExitCode.Usage, ""), (code, output));
        string[] lines = error.TrimEnd().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.StartsWith($"rmstate: {cut}: damaged gzip data", lines[0], StringComparison.Ordinal);
        Assert.Equal($"rmstate: {empty}: is empty, or not a file", lines[1]);
        Assert.Equal($"rmstate: {missing}: no such file", lines[2]);
        Assert.Equal($"rmstate: {_folder}: is a directory", lines[3]);
    }

    [Fact]
    public void JsonNamesFilesThatCannotBeRead()
    {
        string foreign = Save("foreign.rmt", "not a trace at all"u8.ToArray());

        (int code, string output, string error) = Run("replay", foreign, "--json");

        Assert.Equal((ExitCode.Usage, $"rmstate: {foreign}: not an RMT1 trace"), (code, error.TrimEnd()));
        using var document = JsonDocument.Parse(output);
        Assert.False(document.RootElement.GetProperty("passed").GetBoolean());
        Assert.Equal($"{foreign}: not an RMT1 trace", document.RootElement.GetProperty("errors")[0].GetString());
    }

    [Fact]
    public void TraceLargerThanTheMachineIsRefused()
    {
        var writer = new TraceWriter();
        writer.Malloc(1UL << 55);
        string trace = Save("huge.rmt", writer.ToArray());

        (int code, _, string error) = Run("replay", trace);

        Assert.Equal(ExitCode.Usage, code);
        Assert.StartsWith($"rmstate: {trace}: needs 36028797018964096 bytes of memory to replay; this machine has ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rmstate: Required argument missing", "replay")]
    [InlineData("rmstate: --holders must be 0 to 1000, not -1.", "replay", "x.rmt", "--holders", "-1")]
    [InlineData("rmstate: --rounds must be 1 to 1000, not 0.", "replay", "x.rmt", "--rounds", "0")]
    [InlineData("rmstate: Cannot parse argument 'many'", "replay", "x.rmt", "--rounds", "many")]
    [InlineData("rmstate: Unknown option '--holder'.", "replay", "x.rmt", "--holder", "3")]
    [InlineData("rmstate: Required command was not provided.", "reply")]
    public void BadUsageIsOneLineAndEndsWithTwo(string message, params string[] args)
    {
        (int code, string output, string error) = Run(args);

        Assert.Equal((ExitCode.Usage, ""), (code, output));
        Assert.StartsWith(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutArgumentsTheCommandsAreListed()
    {
        (int code, string output, _) = Run();

        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("replay", output, StringComparison.Ordinal);
        Assert.DoesNotContain("replay-one", output, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = Program.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private string Save(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
