using System.Text;
using System.Text.Json.Nodes;
using Rm.Diagnostics;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Diagnostics;

/// <summary>A snapshot comes back from its JSON as it was, and nothing else passes for one.</summary>
public sealed class SnapshotJsonTests : LeakChecked
{
    [Theory]
    [InlineData(RmDiagnosticsLevel.Counters, 1)]
    [InlineData(RmDiagnosticsLevel.Sites, 2)]
    [InlineData(RmDiagnosticsLevel.Full, 3)]
    public void ItComesBackAsItWas(RmDiagnosticsLevel level, int seed)
    {
        RmState state = NewState(new RmStateOptions { Name = "näme \"<&>\" \u0001", Level = level });
        var work = new RandomWork(state, seed);
        work.Run(500);
        nint odd = state.RmMalloc(1, "C:\\src\\\"odd\".cs", 3);
        RmSnapshot written = state.Snapshot();

        RmSnapshot read = RmSnapshot.FromJson(written.ToJson());

        AssertEqual(written, read);
        using var stream = new MemoryStream();
        written.WriteJson(stream);
        stream.Position = 0;
        AssertEqual(written, RmSnapshot.FromJson(stream));
        Assert.Equal(written.ToJson(), read.ToJson());
        Assert.Equal(written.ToString(), read.ToString());
        state.RmRelease(odd);
        work.ReleaseAll();
        Assert.Equal(-written.LiveBlocks, state.Snapshot().Since(read).CountDelta);
    }

    [Fact]
    public void FieldsAreTheDocumentedOnes()
    {
        RmState state = NewState(new RmStateOptions { Name = "s", Level = RmDiagnosticsLevel.Sites });
        nint block = state.RmMalloc(64, "A.cs", 8);
        JsonObject json = JsonNode.Parse(state.Snapshot().ToJson())!.AsObject();
        state.RmRelease(block);

        Assert.Equal(
            ["format", "version", "stateName", "time", "level", "operation", "statistics", "sites", "blocks"], json.Select(field => field.Key), StringComparer.Ordinal);
        Assert.Equal("""{"file":"A.cs","line":8}""", json["sites"]![0]!.ToJsonString());
        JsonObject found = json["blocks"]![0]!.AsObject();
        Assert.Equal(["address", "count", "size", "site", "born", "ageMs"], found.Select(field => field.Key), StringComparer.Ordinal);
        Assert.Equal(($"0x{block:x}", 1, 64, 0, 1), ((string)found["address"]!, (int)found["count"]!, (int)found["size"]!, (int)found["site"]!, (int)found["born"]!));
    }

    [Fact]
    public void UnknownFieldsAreSkipped()
    {
        string json = Text("""{"address":"0x10","count":2,"size":8,"later":[1]}""").Replace("\"operation\"", "\"more\":{},\"operation\"", StringComparison.Ordinal);

        Assert.Equal(new RmBlock(0x10, 2, 8), Assert.Single(RmSnapshot.FromJson(json).Blocks));
    }

    [Theory]
    [InlineData("rmstate-snapshot", "rmstate-recording")]
    [InlineData("\"format\":\"rmstate-snapshot\",", "")]
    [InlineData("\"version\":1", "\"version\":2")]
    [InlineData("\"Sites\"", "\"Everything\"")]
    [InlineData("\"Sites\"", "77")]
    [InlineData("\"operation\":5", "\"operation\":-5")]
    [InlineData("\"statistics\":{}", "\"statistics\":null")]
    [InlineData("\"time\":\"2026-01-02T03:04:05Z\",", "")]
    [InlineData("\"time\":\"2026-01-02T03:04:05Z\"", "\"time\":\"yesterday\"")]
    [InlineData("\"sites\":[", "\"places\":[")]
    [InlineData("\"line\":1", "\"line\":-1")]
    [InlineData("\"file\":\"A.cs\"", "\"file\":null")]
    [InlineData("{\"file\":\"A.cs\",\"line\":1}", "{\"file\":\"A.cs\",\"line\":1},{\"file\":\"A.cs\",\"line\":1}")]
    [InlineData("\"blocks\":[", "\"blocks\":null,\"x\":[")]
    [InlineData("\"blocks\":[", "\"blocks\":[null,")]
    [InlineData("\"0x10\"", "16")]
    [InlineData("\"0x10\"", "\"10\"")]
    [InlineData("\"0x10\"", "\"0x0\"")]
    [InlineData("\"0x10\"", "\"0x11112222333344445\"")]
    [InlineData("\"0x10\"", "null")]
    [InlineData("\"count\":2", "\"count\":0")]
    [InlineData("\"size\":8", "\"size\":-8")]
    [InlineData("\"size\":8", "\"size\":18446744073709551615")]
    [InlineData("\"site\":0", "\"site\":1")]
    [InlineData("\"site\":0", "\"site\":-1")]
    [InlineData("\"site\":0", "\"site\":2147483647")]
    [InlineData("\"born\":3", "\"born\":0")]
    [InlineData("\"ageMs\":4", "\"ageMs\":-4")]
    public void DamageIsRefused(string part, string damage)
    {
        string json = Text("""{"address":"0x10","count":2,"size":8,"site":0,"born":3,"ageMs":4}""");
        _ = RmSnapshot.FromJson(json);
        Assert.Contains(part, json, StringComparison.Ordinal);

        Assert.Throws<FormatException>(() => RmSnapshot.FromJson(json.Replace(part, damage, StringComparison.Ordinal)));
    }

    [Fact]
    public void NoBeginningOfItPassesForAll()
    {
        byte[] json = Encoding.UTF8.GetBytes(Text("""{"address":"0x10","count":2,"site":0,"born":3}"""));
        for (int length = 0; length < json.Length; length++)
        {
            using var stream = new MemoryStream(json, 0, length);
            Assert.Throws<FormatException>(() => RmSnapshot.FromJson(stream));
        }

        Assert.Throws<FormatException>(() => RmSnapshot.FromJson("null"));
        Assert.Throws<ArgumentNullException>(() => RmSnapshot.FromJson((string)null!));
    }

    internal static string Text(string block) =>
        $$"""{"format":"rmstate-snapshot","version":1,"stateName":"s","time":"2026-01-02T03:04:05Z","level":"Sites","operation":5,"statistics":{},"sites":[{"file":"A.cs","line":1}],"blocks":[{{block}}]}""";

    private static void AssertEqual(RmSnapshot expected, RmSnapshot actual)
    {
        Assert.Equal(
            (expected.StateName, expected.Time, expected.Level, expected.Operation, expected.Statistics),
            (actual.StateName, actual.Time, actual.Level, actual.Operation, actual.Statistics));
        Assert.Equal(expected.Blocks, actual.Blocks);
        Assert.Equal(expected.BySite, actual.BySite);
        Assert.Equal(expected.BySize, actual.BySize);
        Assert.Equal(expected.ByAge, actual.ByAge);
    }
}
