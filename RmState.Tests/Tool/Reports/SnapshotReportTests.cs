using System.Text;
using System.Text.Json.Nodes;
using Rm.Diagnostics;
using Rm.Tests.Diagnostics;
using Rm.Tests.LeakCheck;
using Rm.Tests.Tool.Reports.Pages;
using Rm.Tests.Tool.Traces;
using Rm.Tool.Reports;
using Rm.Tool.Reports.Models;
using Rm.Tool.Traces;

namespace Rm.Tests.Tool.Reports;

/// <summary>A snapshot becomes a report of one moment.</summary>
public sealed class SnapshotReportTests : LeakChecked
{
    private const string Known = """{"address":"0x7f0000001000","count":2,"size":1000,"site":0,"born":3,"ageMs":2500}""";
    private const string Older = """{"address":"0x7f0000002000","count":1,"size":24,"site":0,"born":1,"ageMs":4000}""";
    private const string Bare = """{"address":"0x7f0000003000","count":1}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("rmstate-").FullName;

    public override void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        base.Dispose();
    }

    [Fact]
    public void HoldersAndWhatLivesAreBySite()
    {
        RmState state = NewState(new RmStateOptions { Name = "decoder", Level = RmDiagnosticsLevel.Sites });
        nint frame = state.RmMalloc(1000, "/app/src/Decoder.cs", 88);
        nint packet = state.RmMalloc(300, "/app/src/net/Player.cs", 7);
        nint other = state.RmMalloc(500, "/app/src/net/Player.cs", 7);
        state.RmRelease(state.RmMalloc(5000, "/app/src/Gone.cs", 1));
        using var json = new MemoryStream();
        state.Snapshot().WriteJson(json);
        ReportModel model = ReportOf(json.ToArray());
        state.RmRelease(frame);
        state.RmRelease(packet);
        state.RmRelease(other);

        Assert.Equal("decoder", model.Name);
        Assert.StartsWith("snapshot of a state at 20", model.Kind, StringComparison.Ordinal);
        Assert.Equal(
            new HeapTotals { PeakBytes = 6800, PeakBlocks = 4, EndBytes = 1800, EndBlocks = 3 }, model.Totals);
        Assert.Equal(["file", "line"], model.Holders.Levels, StringComparer.Ordinal);
        Assert.Null(model.Holders.Note);
        Assert.Equal(
            [("Decoder.cs", "line 88", 1000L, 1L), ("net/Player.cs", "line 7", 800, 2)],
            model.Holders.Root.Children.Select(static f => (f.Name, Assert.Single(f.Children).Name, f.Bytes, f.Blocks)));
        Assert.Equal("site", model.Leaks.GroupedBy);
        Assert.Equal(
            [("Decoder.cs:88", 1L, 1000L, 1000L), ("net/Player.cs:7", 2, 800, 500)],
            model.Leaks.Groups.Select(static g => (g.Name, g.Blocks, g.Bytes, g.LargestBytes)));
        Assert.Equal(1800, model.Map!.Ranges.Sum(static r => r.AskedBytes));
        Assert.Equal((long)Math.Min(frame, Math.Min(packet, other)) & -65536, model.Map.Ranges[0].Start);
    }

    [Fact]
    public void AgesSizesAndPlacesAreThoseOfTheBlocks()
    {
        ReportModel model = ReportOf(SnapshotJsonTests.Text($"{Known},{Older},{Bare}"));

        Assert.True(model.Leaks.HasAges);
        Assert.Equal(
            [("A.cs:1", 2L, 1024L, 2.5, 4.0), ("unknown site", 1, 0, null, null)],
            model.Leaks.Groups.Select(static g => (g.Name, g.Blocks, g.Bytes, g.NewestAge, g.OldestAge)));
        Assert.Equal(2, model.Sizes!.Sum(static r => r.Count));
        Assert.Equal(("up to 32 B", "up to 1 KiB"), (model.Sizes![0].Group.Name, model.Sizes[^1].Group.Name));
        Assert.Contains("size is unknown (1 here)", model.Holders.Note, StringComparison.Ordinal);
        Assert.Equal((3, 0x7f0000000000), (model.Map!.Ranges.Sum(static r => r.LiveElements), model.Map.Ranges[0].Start));
    }

    [Fact]
    public void SnapshotWithoutSitesIsBySize()
    {
        ReportModel model = ReportOf(SnapshotJsonTests.Text($$"""{{Bare}},{"address":"0x10","count":1,"size":100},{"address":"0x100","count":1,"size":65}"""));

        Assert.Equal(["size"], model.Holders.Levels, StringComparer.Ordinal);
        Assert.Equal([("up to 128 B", 165L, 2L), ("unknown size", 0, 1)], model.Holders.Root.Children.Select(static n => (n.Name, n.Bytes, n.Blocks)));
        Assert.Contains("names no sites", model.Holders.Note, StringComparison.Ordinal);
        Assert.Equal(("size", false), (model.Leaks.GroupedBy, model.Leaks.HasAges));
        Assert.Equal(["up to 128 B", "unknown size"], model.Leaks.Groups.Select(static g => g.Name), StringComparer.Ordinal);
    }

    [Fact]
    public void PageSpeaksOfOneMoment()
    {
        string page = ReportPageTests.PageOf(ReportOf(SnapshotJsonTests.Text($"{Known},{Bare}")));

        Assert.All((string[])["over-time", "lifetimes", "threads"], id => Assert.DoesNotContain($"id=\"{id}\"", page, StringComparison.Ordinal));
        Assert.All((string[])["holders", "sizes", "map", "leaks"], id => Assert.Contains($"id=\"{id}\"", page, StringComparison.Ordinal));
        string body = page[page.IndexOf("<body", StringComparison.Ordinal)..page.IndexOf("<details><summary>Licences", StringComparison.Ordinal)];
        Assert.All(
            (string[])["the end", "never", "heap call", "llocations", "warns", "0 ns"], words => Assert.DoesNotContain(words, body, StringComparison.Ordinal));
        Assert.Contains("<p class=\"lead\">snapshot of a state at 2026-01-02T03:04:05.000Z</p>", body, StringComparison.Ordinal);
        Assert.Contains("1,000 B in 2 blocks were live, here by site. Age is the time from the allocation to the snapshot.", body, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">unknown site</th><td>1</td><td>0 B</td><td>0 B</td><td>unknown</td><td>unknown</td>", body, StringComparison.Ordinal);
    }

    [Fact]
    public void StateThatHoldsNothingHasAReport()
    {
        ReportModel model = ReportOf(SnapshotJsonTests.Text(""));

        Assert.Equal((0, 0, null), (model.Totals.EndBytes, model.Totals.EndBlocks, model.Map));
        Assert.Contains("Nothing: no block was live.", ReportPageTests.PageOf(model), StringComparison.Ordinal);
    }

    [Fact]
    public void ItIsKnownByItsHead()
    {
        byte[] json = Encoding.UTF8.GetBytes(SnapshotJsonTests.Text(Known));
        string page = ReportPageTests.PageOf(ReportOf(json));

        Assert.Equal(page, ReportPageTests.PageOf(ReportOf(TraceWriter.Gzip(json))));
        Assert.Equal(page, ReportPageTests.PageOf(ReportOf([.. Encoding.UTF8.Preamble, .. "\r\n\t "u8, .. json])));
        string indented = JsonNode.Parse(json)!.ToJsonString(new() { WriteIndented = true });
        Assert.Equal(page, ReportPageTests.PageOf(ReportOf(indented)));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("rmstate-snapshot {}")]
    [InlineData("""{"format":"rmstate-recording"}""")]
    public void OtherTextIsNone(string text) =>
        Assert.Contains("neither a recorded heap nor a snapshot", Assert.Throws<TraceException>(() => ReportOf(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("\"version\":1", "\"version\":2", "its version 2 is not known here")]
    [InlineData("\"count\":2", "\"count\":0", "a block has no address or no count")]
    [InlineData("\"0x7f0000001000\"", "\"a\\n\\u001b[2Jb\"", "'a \uFFFD[2Jb' is not an address")]
    [InlineData("\"size\":24", "\"size\":9223372036854775807", "its blocks are larger than any memory")]
    [InlineData("]}", "", "The JSON is no snapshot")]
    [InlineData("]}", "]}]", "The JSON is no snapshot")]
    public void DamageIsOneLine(string part, string damage, string reason)
    {
        string json = SnapshotJsonTests.Text($"{Known},{Older}");
        Assert.Contains(part, json, StringComparison.Ordinal);
        int at = json.LastIndexOf(part, StringComparison.Ordinal);

        string message = Assert.Throws<TraceException>(() => ReportOf(json[..at] + damage + json[(at + part.Length)..])).Message;

        Assert.StartsWith($"{Path.Combine(_folder, "state.json")}: ", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
    }

    [Fact]
    public void CutGzipIsRefused()
    {
        byte[] file = TraceWriter.Gzip(Encoding.UTF8.GetBytes(SnapshotJsonTests.Text(string.Join(',', Enumerable.Range(1, 200).Select(static i => Bare.Replace("3000", $"{i:x4}"))))));

        Assert.Contains("damaged gzip data", Assert.Throws<TraceException>(() => ReportOf(file[..^9])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LongerTextThanTheLimitIsRefused()
    {
        string json = SnapshotJsonTests.Text(Known);
        string file = Save(Encoding.UTF8.GetBytes(json));

        Assert.Equal("s", new SnapshotReportSource(file, json.Length).Read().Name);
        Assert.Equal(
            $"{file}: too long: a report is made of a snapshot of at most {json.Length - 1} B",
            Assert.Throws<TraceException>(() => new SnapshotReportSource(file, json.Length - 1).Read()).Message);
    }

    // No system hands out such addresses; a damaged file may have them.
    [Theory]
    [InlineData("0x7fffffffffffffff")]
    [InlineData("0xffffffffffffffff")]
    [InlineData("0x8000000000000000")]
    public void AddressOfNoMemoryIsNotOnTheMap(string address)
    {
        ReportModel model = ReportOf(SnapshotJsonTests.Text($$"""{"address":"{{address}}","count":1,"size":8}"""));

        Assert.Equal((8, null), (model.Totals.EndBytes, model.Map));
        Assert.Contains("There is no map: no block of the snapshot", ReportPageTests.PageOf(model), StringComparison.Ordinal);
    }

    private ReportModel ReportOf(string json) => ReportOf(Encoding.UTF8.GetBytes(json));

    private ReportModel ReportOf(byte[] json) => ReportSources.Open(Save(json)).Read();

    private string Save(byte[] json)
    {
        string file = Path.Combine(_folder, "state.json");
        File.WriteAllBytes(file, json);
        return file;
    }
}
