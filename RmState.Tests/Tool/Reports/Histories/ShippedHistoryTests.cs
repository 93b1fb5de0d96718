using System.Globalization;
using System.Text.RegularExpressions;
using Rm.Tests.Tool.Traces;
using Rm.Tool.Reports;
using Rm.Tool.Reports.Models;

namespace Rm.Tests.Tool.Reports.Histories;

/// <summary>Reports on the recorded heaps of the repository say what the manifest says.</summary>
public sealed partial class ShippedHistoryTests
{
    [Theory]
    [MemberData(nameof(ShippedTraceTests.Names), MemberType = typeof(ShippedTraceTests))]
    public void ReportSaysWhatTheManifestSays(string name)
    {
        ReportModel model = ReportSources.Open(Path.Combine(TraceFiles.ShippedFolder, name + ".rmt.gz")).Read();
        string section = ShippedTraceTests.Section(name);

        Assert.Equal(name, model.Name);
        Assert.Equal(
            Numbers(LivePattern().Match(section)),
            [
                model.Totals.PeakBytes, (long)model.Totals.PeakBytesAt!.Value - 1, model.Totals.PeakBlocks, model.Totals.EndBytes, model.Totals.EndBlocks,
                model.Totals.Allocations!.Value, (long)model.Totals.AllocatedBytes!.Value, (long)model.Lifetimes!.Median!.Value,
                (long)model.Lifetimes.Percentile90!.Value,
            ]);

        Match threads = ThreadsPattern().Match(section);
        long[] events = threads.Success ? [.. Numbers(threads)] : [model.Totals.Events!.Value];
        Assert.Equal(events, model.Threads!.Select(static t => t.Events));
        Match foreign = ForeignPattern().Match(section);
        Assert.Equal(foreign.Success ? Numbers(foreign)[0] : 0, model.Threads!.Sum(static t => t.ForeignReleases));
    }

    // Every table splits the same blocks.
    [Theory]
    [MemberData(nameof(ShippedTraceTests.Names), MemberType = typeof(ShippedTraceTests))]
    public void TablesAddUp(string name)
    {
        ReportModel model = ReportSources.Open(Path.Combine(TraceFiles.ShippedFolder, name + ".rmt.gz")).Read();
        HeapTotals totals = model.Totals;

        Assert.Equal(totals.Allocations, model.Sizes!.Sum(static r => r.Count));
        Assert.Equal((double)totals.AllocatedBytes!.Value, model.Sizes!.Sum(static r => (double)r.Bytes));
        Assert.Equal(totals.Allocations, model.Lifetimes!.Rows.Sum(static r => r.Count) + model.Lifetimes.NeverReleased);
        Assert.Equal(totals.EndBlocks, model.Lifetimes.NeverReleased);
        Assert.Equal((totals.EndBytes, totals.EndBlocks), (model.Leaks.Groups.Sum(static g => g.Bytes), model.Leaks.Groups.Sum(static g => g.Blocks)));
        Assert.Equal(totals.PeakBytes, model.Holders.Root.Bytes);
        Assert.Equal(totals.PeakBytes, model.Holders.Root.Children.SelectMany(static c => c.Children).Sum(static c => c.Bytes));
        Assert.Equal((totals.PeakBytes, model.Holders.Root.Blocks), (model.Map!.Ranges.Sum(static r => r.AskedBytes), model.Map.Ranges.Sum(static r => (long)r.LiveElements)));
        Assert.Equal(totals.PeakBytes, model.Live!.Bytes.Max(static p => p.Value));
        Assert.Equal(totals.PeakBlocks, model.Live.Blocks.Max(static p => p.Value));
        Assert.Equal((totals.EndBytes, totals.EndBlocks), (model.Live.Bytes[^1].Value, model.Live.Blocks[^1].Value));
        Assert.InRange(model.Live.Bytes.Count, 500, 2002);
    }

    private static List<long> Numbers(Match match)
    {
        Assert.True(match.Success);
        return [.. match.Groups["n"].Captures.Select(static c => long.Parse(c.Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture))];
    }

    [GeneratedRegex(@"- Live: peak (?<n>[\d,]+) bytes \(event (?<n>[\d,]+)\), peak (?<n>[\d,]+) objects; at the end (?<n>[\d,]+) bytes in (?<n>[\d,]+) objects\. (?<n>[\d,]+) objects, (?<n>[\d,]+) bytes asked for in all\. Lifetime: median (?<n>\d+), 90th percentile (?<n>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LivePattern();

    [GeneratedRegex(@"- Threads: \d+ \(events (?<n>\d+(,\d{3})*)(, (?<n>\d+(,\d{3})*))*\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ThreadsPattern();

    [GeneratedRegex(@"(?<n>[\d,]+) of [\d,]+ frees on another thread", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ForeignPattern();
}
