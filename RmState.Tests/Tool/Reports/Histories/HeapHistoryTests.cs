using Rm.Tool.Reports.Histories;
using Rm.Tool.Reports.Models;

namespace Rm.Tests.Tool.Reports.Histories;

/// <summary>A recording that is small enough to count by hand.</summary>
public sealed class HeapHistoryTests
{
    private static readonly ReportSite[] Sites =
    [
        new("Decoder.cs", 88, "RmMalloc"), new("Decoder.cs", 91, "RmMalloc"), new("Player.cs", 31, "RmAttach"),
    ];

    [Fact]
    public void CountsAreThoseOfTheCalls()
    {
        HeapHistory history = Recorded(TimeUnit.Seconds);

        Assert.Equal(
            new HeapTotals
            {
                Events = 6,
                Allocations = 4,
                AllocatedBytes = 1420,
                PeakBytes = 1320,
                PeakBytesAt = 0.4,
                PeakBlocks = 3,
                PeakBlocksAt = 0.3,
                EndBytes = 320,
                EndBlocks = 2,
            },
            history.Totals);
        Assert.Equal(new TimeAxis(TimeUnit.Seconds, 0.6), history.Axis);
        Assert.Equal([(0.0, 0L), (0.1, 100), (0.2, 1100), (0.3, 1120), (0.4, 1320), (0.5, 320)], history.Live.Bytes.Take(6).Select(static p => (p.Time, p.Value)));
        Assert.Equal(
            [("thread 0", 3, 2, 1100, 1, 0), ("thread 1", 3, 2, 320, 1, 1)],
            history.Threads.Select(static t => (t.Name, (int)t.Events, (int)t.Allocations, (int)t.AllocatedBytes, (int)t.Releases, (int)t.ForeignReleases)));
        Assert.Equal([("up to 32 B", 1, 20), ("up to 64 B", 0, 0), ("up to 128 B", 1, 100), ("up to 256 B", 0, 0), ("up to 512 B", 1, 300), ("up to 1 KiB", 1, 1000)],
            history.Sizes.Select(static r => (r.Group.Name, (int)r.Count, (int)r.Bytes)));
    }

    [Theory]
    [InlineData(false, 3, new[] { 2.0, 4 }, new[] { 0L, 2 })]
    [InlineData(true, 0.3, new[] { 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1 }, new[] { 0L, 0, 0, 0, 0, 0, 2 })]
    public void LifetimesAreInTheReportsTime(bool clocked, double median, double[] below, long[] counts)
    {
        TimeUnit unit = clocked ? TimeUnit.Seconds : TimeUnit.Events;
        LifetimeTable table = Recorded(unit).Lifetimes;

        Assert.Equal(unit, table.Unit);
        Assert.Equal(median, table.Median!.Value, 9);
        Assert.Equal(below.Length, table.Rows.Count);
        Assert.All(table.Rows.Zip(below), static r => Assert.Equal(1, r.First.Below / r.Second, 9));
        Assert.Equal(counts, table.Rows.Select(static r => r.Count));
        Assert.Equal(2, table.NeverReleased);
    }

    [Fact]
    public void HoldersAreByFileLineAndKind()
    {
        HolderTree tree = new Holdings(Recorded(TimeUnit.Events), Sites).AtPeak();

        Assert.Equal(["file", "line", "kind"], tree.Levels, StringComparer.Ordinal);
        Assert.Null(tree.Note);
        Assert.Equal(
            ["all 1320 3", "Decoder.cs 1300 2", "line 91 1000 1", "RmMalloc 1000 1", "line 88 300 1", "RmMalloc 300 1", "Player.cs 20 1", "line 31 20 1", "RmAttach 20 1"],
            Lines(tree.Root),
            StringComparer.Ordinal);
    }

    [Fact]
    public void WithoutSitesHoldersAreBySizeAndThread()
    {
        HolderTree tree = new Holdings(Recorded(TimeUnit.Events), []).AtPeak();

        Assert.Equal(["size", "thread"], tree.Levels, StringComparer.Ordinal);
        Assert.Contains("no sites", tree.Note, StringComparison.Ordinal);
        Assert.Equal(
            ["all 1320 3", "up to 1 KiB 1000 1", "thread 0 1000 1", "up to 512 B 300 1", "thread 1 300 1", "up to 32 B 20 1", "thread 1 20 1"],
            Lines(tree.Root),
            StringComparer.Ordinal);
    }

    [Fact]
    public void LeaksAreBySiteWithTheirAge()
    {
        LeakTable leaks = new Holdings(Recorded(TimeUnit.Events), Sites).AtEnd();

        Assert.Equal("site", leaks.GroupedBy);
        Assert.Equal(
            [("Decoder.cs:88 RmMalloc", 1, 300, 300, 2.0, 2.0), ("Player.cs:31 RmAttach", 1, 20, 20, 3, 3)],
            leaks.Groups.Select(static g => (g.Name, (int)g.Blocks, (int)g.Bytes, (int)g.LargestBytes, g.NewestAge!.Value, g.OldestAge!.Value)));
    }

    [Fact]
    public void RecordingWithoutCallsIsEmpty()
    {
        var history = new HeapHistory(TimeUnit.Events);
        var holdings = new Holdings(history, []);

        Assert.Equal((0, 0), (history.Totals.PeakBytes, history.Totals.EndBlocks));
        Assert.Equal(0, history.Axis.Length);
        Assert.Empty(history.Live.Bytes);
        Assert.Empty(history.Sizes);
        Assert.Null(history.Lifetimes.Median);
        Assert.Equal(0, holdings.AtPeak().Root.Blocks);
        Assert.Empty(holdings.AtEnd().Groups);
    }

    [Fact]
    public void ManyThreadsShareTheLastRow()
    {
        var history = new HeapHistory(TimeUnit.Events);
        for (int i = 0; i < 100; i++)
        {
            history.Add(new HeapCall { Thread = i, Released = HeapCall.None, Allocates = true, Bytes = 10 });
        }

        Assert.Equal(32, history.Threads.Count);
        Assert.Equal(("69 more", 69L, (UInt128)690), (history.Threads[^1].Name, history.Threads[^1].Allocations, history.Threads[^1].AllocatedBytes));
    }

    // Four blocks: 100 bytes grow to 300, 1000 are freed by the other thread, 20 and the 300 stay.
    private static HeapHistory Recorded(TimeUnit unit)
    {
        var history = new HeapHistory(unit);
        Add(history, 0, HeapCall.None, 100, site: 0);
        Add(history, 0, HeapCall.None, 1000, site: 1);
        Add(history, 1, HeapCall.None, 20, site: 2);
        Add(history, 1, released: 0, 300, site: 0, foreign: true);
        return history;
    }

    private static void Add(HeapHistory history, int thread, int released, long bytes, int site, bool foreign = false)
    {
        history.Add(new HeapCall { Thread = thread, Seconds = (history.Calls + 1) / 10.0, Released = released, Allocates = true, Bytes = bytes, Site = site });
        if (foreign)
        {
            history.Add(new HeapCall { Thread = 0, Seconds = 0.5, Released = 1 });
            history.Add(new HeapCall { Thread = 1, Seconds = 0.6, Released = HeapCall.None });
        }
    }

    private static IEnumerable<string> Lines(HolderNode node) => [$"{node.Name} {node.Bytes} {node.Blocks}", .. node.Children.SelectMany(Lines)];
}
