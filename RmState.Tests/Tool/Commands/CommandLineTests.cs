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
        Assert.Contains("small: 5 replays", output, StringComparison.Ordinal);
        Assert.Contains("1,234", output, StringComparison.Ordinal);
        Assert.Contains("at end", output, StringComparison.Ordinal);
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
            JsonElement[] sides = [.. trace.GetProperty("sides").EnumerateArray()];
            Assert.Equal(["malloc", "stateOverMalloc", "stateOverArena"], sides.Select(s => s.GetProperty("side").GetString()!), StringComparer.Ordinal);
            foreach (JsonElement side in sides)
            {
                JsonElement report = Assert.Single(side.GetProperty("reports").EnumerateArray());
                Assert.True(side.GetProperty("ratio").GetDouble() > 0);
                Assert.True(report.GetProperty("checks").GetInt64() > 0);
                Assert.True(report.GetProperty("plantedErrorSeen").GetBoolean());
                Assert.Equal(JsonValueKind.Null, side.GetProperty("mapped").ValueKind);
            }

            foreach (JsonElement side in sides[1..])
            {
                Assert.True(side.GetProperty("held").GetProperty("retains").GetInt64() > 0);
                Assert.Equal(
                    trace.GetProperty("trace").GetProperty("liveObjects").GetInt64(),
                    side.GetProperty("held").GetProperty("liveAtEnd").GetInt64());
            }

            Assert.Equal(0, trace.GetProperty("violations").GetInt64());
            Assert.Empty(trace.GetProperty("failures").EnumerateArray());
        }
    }

    [Fact]
    public void TraceIsReplayedOnItsThreads()
    {
        string trace = Save("threads.rmt", RandomTrace.Make(seed: 2, events: 1234));

        (int code, string output, string error) = Run("replay", "--threads", trace, "--rounds", "1");

        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.Contains("threads: 3 replays", output, StringComparison.Ordinal);
        Assert.Contains("processor time of the process", output, StringComparison.Ordinal);
        Assert.DoesNotContain("FAIL", output, StringComparison.Ordinal);
    }

    [Fact]
    public void JsonTellsOfTheThreads()
    {
        string trace = Save("threads.rmt", RandomTrace.Make(seed: 2, events: 500));

        (int code, string output, _) = Run("replay", "--threads", trace, "--rounds", "1", "--json");

        Assert.Equal(ExitCode.Success, code);
        using var document = JsonDocument.Parse(output);
        Assert.True(document.RootElement.GetProperty("onThreads").GetBoolean());
        JsonElement[] sides = [.. document.RootElement.GetProperty("traces")[0].GetProperty("sides").EnumerateArray()];
        Assert.Equal(["malloc", "membufs", "lockedArena"], sides.Select(s => s.GetProperty("side").GetString()!), StringComparer.Ordinal);
        Assert.All(sides, static side => Assert.Equal(4, side.GetProperty("reports")[0].GetProperty("onThreads").GetProperty("threads").GetInt32()));
    }

    [Fact]
    public void TraceOfTooManyThreadsIsRefusedOnThreads()
    {
        var writer = new TraceWriter();
        for (int thread = 0; thread < 257; thread++)
        {
            writer.Malloc(1, thread);
        }

        string trace = Save("many.rmt", writer.ToArray());

        (int code, _, string error) = Run("replay", "--threads", trace);

        Assert.Equal((ExitCode.Usage, $"rmstate: {trace}: has 257 threads; at most 256 are replayed on threads"), (code, error.TrimEnd()));
    }

    [Fact]
    public void RecordingOfAStateIsRefusedOnThreads()
    {
        string trace = Save("small.rmt", RandomTrace.Make(seed: 1, events: 100));
        string recording = Path.Combine(_folder, "state.rmt");
        Assert.Equal(ExitCode.Success, Run("record", trace, "-o", recording).Code);

        (int code, _, string error) = Run("replay", "--threads", recording);

        Assert.Equal((ExitCode.Usage, $"rmstate: {recording}: is a recording of a state, which has one thread"), (code, error.TrimEnd()));
    }

    [Fact]
    public void HoldersCanBeLeftOut()
    {
        string trace = Save("small.rmt", RandomTrace.Make(seed: 1, events: 100));

        (int code, string output, _) = Run("replay", trace, "--rounds", "1", "--holders", "0", "--json");

        Assert.Equal(ExitCode.Success, code);
        using var document = JsonDocument.Parse(output);
        Assert.All(
            document.RootElement.GetProperty("traces")[0].GetProperty("sides").EnumerateArray(),
            side => Assert.Equal(JsonValueKind.Null, side.GetProperty("held").ValueKind));
    }

    [Fact]
    public void JsonHasTheMemoryOverTime()
    {
        string trace = Save("small.rmt", RandomTrace.Make(seed: 1, events: 1000));

        (_, string output, _) = Run("replay", trace, "--rounds", "1", "--holders", "0", "--samples", "10", "--json");

        using var document = JsonDocument.Parse(output);
        foreach (JsonElement side in document.RootElement.GetProperty("traces")[0].GetProperty("sides").EnumerateArray())
        {
            JsonElement[] samples = [.. side.GetProperty("sampled").GetProperty("samples").EnumerateArray()];
            bool arena = side.GetProperty("side").GetString()!.EndsWith("Arena", StringComparison.Ordinal);
            Assert.Equal([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000], samples.Select(s => s.GetProperty("event").GetInt32()));
            Assert.True(samples[^1].GetProperty("liveBytes").GetInt64() > 0);
            Assert.True(samples[^1].GetProperty("residentBytes").GetInt64() >= 0);
            Assert.Equal(arena ? JsonValueKind.Number : JsonValueKind.Null, samples[^1].GetProperty("committedBytes").ValueKind);
        }
    }

    [Fact]
    public void MapIsDrawn()
    {
        string trace = Save("small.rmt", RandomTrace.Make(seed: 1, events: 1000));
        string map = Path.Combine(_folder, "heap.HTML");

        (int code, _, string error) = Run("replay", trace, "--rounds", "1", "--holders", "0", "--uncounted", "--map", map, "--map-at", "700");

        Assert.Equal((ExitCode.Success, ""), (code, error));
        string text = File.ReadAllText(map);
        Assert.Contains("The heap after event 700: event 700 of 1,000.", text, StringComparison.Ordinal);
        Assert.Contains("small: arena", text, StringComparison.Ordinal);
        Assert.StartsWith("<!DOCTYPE html", text, StringComparison.Ordinal);
    }

    [Fact]
    public void MapThatCannotBeWrittenIsNamedAfterTheTable()
    {
        string trace = Save("small.rmt", RandomTrace.Make(seed: 1, events: 100));
        string map = Directory.CreateDirectory(Path.Combine(_folder, "folder.svg")).FullName;

        (int code, string output, string error) = Run("replay", trace, "--rounds", "1", "--holders", "0", "--map", map);

        Assert.Equal(ExitCode.Usage, code);
        Assert.StartsWith($"rmstate: {map}: ", error, StringComparison.Ordinal);
        Assert.Contains("geometric mean", output, StringComparison.Ordinal);
    }

    [Fact]
    public void MapOfAnEventThatTheTraceDoesNotHaveIsRefused()
    {
        string trace = Save("small.rmt", RandomTrace.Make(seed: 1, events: 100));

        (int code, _, string error) = Run("replay", trace, "--map", Path.Combine(_folder, "heap.svg"), "--map-at", "101");

        Assert.Equal((ExitCode.Usage, $"rmstate: {trace}: has 100 events, so the map cannot show event 101"), (code, error.TrimEnd()));
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

        Assert.Equal((ExitCode.Usage, $"rmstate: {foreign}: not a recorded heap: it begins with neither RMT1 nor RMT2"), (code, error.TrimEnd()));
        using var document = JsonDocument.Parse(output);
        Assert.False(document.RootElement.GetProperty("passed").GetBoolean());
        Assert.Equal($"{foreign}: not a recorded heap: it begins with neither RMT1 nor RMT2", document.RootElement.GetProperty("errors")[0].GetString());
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
    [InlineData("rmstate: --samples must be 1 to 100000, not 0.", "replay", "x.rmt", "--samples", "0")]
    [InlineData("rmstate: --allocator must be arena or malloc, not 'heap'.", "replay", "x.rmt", "--allocator", "arena,heap")]
    [InlineData("rmstate: --allocator must be arena or malloc, not '1'.", "replay", "x.rmt", "--allocator", "1")]
    [InlineData("rmstate: --allocator must be arena or malloc, not ''.", "replay", "x.rmt", "--allocator", "arena,")]
    [InlineData("rmstate: Required argument missing for option: '--allocator'.", "replay", "x.rmt", "--allocator")]
    [InlineData("rmstate: --map must name a file that ends in .svg or .html, not 'x.png'.", "replay", "x.rmt", "--map", "x.png")]
    [InlineData("rmstate: --map must name a file in a folder that exists; 'no/folder/x.svg' is in none.", "replay", "x.rmt", "--map", "no/folder/x.svg")]
    [InlineData("rmstate: --map draws one trace, not 2.", "replay", "x.rmt", "y.rmt", "--map", "x.svg")]
    [InlineData("rmstate: --map draws an arena; add it to --allocator.", "replay", "x.rmt", "--map", "x.svg", "--allocator", "malloc")]
    [InlineData("rmstate: --map-at must be peak, end or a number of events, not 'later'.", "replay", "x.rmt", "--map", "x.svg", "--map-at", "later")]
    [InlineData("rmstate: --map-at needs --map FILE.", "replay", "x.rmt", "--map-at", "end")]
    [InlineData("rmstate: --allocator is for replays on one thread; leave it out, or --threads.", "replay", "x.rmt", "--threads", "--allocator", "arena")]
    [InlineData("rmstate: --uncounted is for replays on one thread; leave it out, or --threads.", "replay", "x.rmt", "--threads", "--uncounted")]
    [InlineData("rmstate: --holders is for replays on one thread; leave it out, or --threads.", "replay", "x.rmt", "--threads", "--holders", "2")]
    [InlineData("rmstate: --seed is for replays on one thread; leave it out, or --threads.", "replay", "x.rmt", "--threads", "--seed", "2")]
    [InlineData("rmstate: --samples is for replays on one thread; leave it out, or --threads.", "replay", "x.rmt", "--threads", "--samples", "2")]
    [InlineData("rmstate: --map is for replays on one thread; leave it out, or --threads.", "replay", "x.rmt", "--threads", "--map", "x.svg")]
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
        Assert.Contains("explain", output, StringComparison.Ordinal);
        Assert.DoesNotContain("replay-one", output, StringComparison.Ordinal);
        Assert.DoesNotContain("fault-one", output, StringComparison.Ordinal);
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
