using System.Globalization;
using System.Xml.Linq;
using Rm.Tests.Tool.Replay;
using Rm.Tool.Commands;
using Rm.Tool.Maps;
using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Maps;

/// <summary>The picture is well-formed, and shows every range and every number there is.</summary>
public sealed class HeapPictureTests : IDisposable
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private readonly string _folder = Directory.CreateTempSubdirectory("rmstate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("heap.svg")]
    [InlineData("heap.html")]
    public void EveryRangeHasARectangle(string file)
    {
        ReplayResult result = Replayed(Scripts.Random(seed: 1, events: 4000));
        HeapSnapshot snapshot = result.Sides[1].Mapped!.Snapshot!;

        XElement[] ranges = [.. RangesIn(Draw(result, file))];

        Assert.True(snapshot.Ranges.Count > 10);
        Assert.Equal(snapshot.Ranges.Count, ranges.Length);
        Assert.All(ranges, static g => Assert.Contains(g.Elements(Svg + "rect"), static r => Number(r, "width") > 0 && Number(r, "height") > 0));
        Assert.Equal(
            snapshot.Ranges.Select(static r => $"0x{r.Start:x}"), ranges.Select(static g => g.Element(Svg + "title")!.Value.Split(':')[0]), StringComparer.Ordinal);
    }

    [Fact]
    public void EverythingIsInsideThePicture()
    {
        XElement root = Draw(Replayed(Scripts.Random(seed: 2, events: 4000)), "heap.svg").Root!;

        foreach (XElement rectangle in root.Elements().Where(static e => e.Name != Svg + "defs").SelectMany(static e => e.DescendantsAndSelf(Svg + "rect")))
        {
            Assert.InRange(Number(rectangle, "x"), 0, Number(root, "width"));
            Assert.InRange(Number(rectangle, "x") + Number(rectangle, "width"), 0, Number(root, "width") + 0.1);
            Assert.InRange(Number(rectangle, "y") + Number(rectangle, "height"), 0, Number(root, "height"));
        }
    }

    [Fact]
    public void NumbersAreInTheLegend()
    {
        ReplayScript script = Scripts.Written(static w =>
        {
            for (int i = 0; i < 256; i++)
            {
                w.Malloc(1000);
            }

            w.Malloc(2 << 20);
        });

        string text = Draw(Replayed(script), "heap.svg").ToString();

        Assert.Contains("The heap at the peak of live bytes: event 257 of 257.", text, StringComparison.Ordinal);
        Assert.Contains("asked for 2.2 MiB (", text, StringComparison.Ordinal);
        Assert.Contains("256 blocks, 250 KiB of ", text, StringComparison.Ordinal);
        Assert.Contains("1 blocks, 2 MiB of 2 MiB used (100.0 %)", text, StringComparison.Ordinal);
        Assert.Contains("64 of 64 blocks of 1 KiB; 62.5 KiB asked for, 64 KiB committed of 64 KiB", text, StringComparison.Ordinal);
        Assert.Contains("resident, malloc", text, StringComparison.Ordinal);
    }

    [Fact]
    public void SpareMemoryIsGrey()
    {
        var range = new HeapRange
        {
            Start = 1 << 30,
            Bytes = 128 << 10,
            CommittedBytes = 64 << 10,
            ElementSize = 0,
            Elements = 0,
            LiveElements = 0,
            AskedBytes = 0,
            Pages = new byte[32],
        };
        ReplayResult result = Replayed(Scripts.Written(static w => w.Malloc(1)));
        HeapSnapshot snapshot = result.Sides[1].Mapped!.Snapshot! with { Ranges = [range] };
        result = result with { Sides = [result.Sides[0], result.Sides[1] with { Mapped = result.Sides[1].Mapped! with { Snapshot = snapshot } }] };

        XElement group = Assert.Single(RangesIn(Draw(result, "heap.svg")));

        Assert.Equal("0x40000000: 64 KiB spare of 128 KiB", group.Element(Svg + "title")!.Value);
        Assert.Equal($"{SizeGroup.Spare}", (string?)Assert.Single(group.Elements(Svg + "rect")).Attribute("fill"));
    }

    [Fact]
    public void EmptyTraceIsDrawn()
    {
        XDocument document = Draw(Replayed(Scripts.Written(static _ => { })), "heap.svg");

        Assert.Contains("event 0 of 0", document.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ReplayThatDescribedNoHeapHasNoPicture()
    {
        ReplayResult result = Replayed(Scripts.Written(static w => w.Malloc(1)));

        Assert.Null(HeapPicture.Of(result with { Sides = [result.Sides[0]] }, "never"));
    }

    private static IEnumerable<XElement> RangesIn(XDocument picture) =>
        picture.Descendants(Svg + "g").Where(static g => string.Equals((string?)g.Attribute("class"), "range", StringComparison.Ordinal));

    private static double Number(XElement element, string name) =>
        double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static ReplayResult Replayed(ReplayScript script)
    {
        ReplayReport Replay(ReplaySide side, int samples, int snapshotAt) => ChildCommand.Replay(
            script, new ReplayRequest { Path = "", Side = side, Samples = samples, SnapshotAt = snapshotAt });
        ReplayReport malloc = Replay(ReplaySide.Malloc, 20, ReplayRequest.NoSnapshot);
        ReplayReport arena = Replay(ReplaySide.Arena, 20, ReplayRequest.NoSnapshot);
        ReplayReport mapped = Replay(ReplaySide.Arena, 0, (int)script.Statistics.PeakLiveEvent);
        Assert.Empty(new[] { malloc, arena, mapped }.SelectMany(static report => report.Failures()));
        return new ReplayResult
        {
            Path = "folder/some-trace.rmt.gz",
            Trace = script.Statistics,
            Sides =
            [
                SideResult.Of(ReplaySide.Malloc, [malloc], [malloc]) with { Sampled = malloc },
                SideResult.Of(ReplaySide.Arena, [arena], [malloc]) with { Sampled = arena, Mapped = mapped },
            ],
        };
    }

    private XDocument Draw(ReplayResult result, string file)
    {
        string path = Path.Combine(_folder, file);
        HeapPicture.Of(result, $"{MapMoment.Peak}")!.Save(path);
        return XDocument.Load(path);
    }
}
