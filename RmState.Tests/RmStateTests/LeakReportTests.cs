using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.RmStateTests;

/// <summary>Reports: totals of all, a list of some, and text that people can read.</summary>
public sealed class LeakReportTests : LeakChecked
{
    [Fact]
    public void ReportIsImmutableAndListsAtMostItsMaximum()
    {
        RmState state = NewState(new RmStateOptions { Name = "big" });
        for (int i = 0; i < RmLeakReport.MaxListed + 44; i++)
        {
            state.RmAttach(Fakes.Address(i), Fakes.Leave, 2);
        }

        RmLeakReport report = state.CreateReport();
        string text = report.ToString();
        state.Dispose();

        Assert.Equal((300, 600, 256), (report.LiveBlocks, report.LiveBytes, report.Blocks.Count));
        Assert.Equal(text, report.ToString());
        Assert.StartsWith("state 'big': 300 blocks live, 600 bytes of known size\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\n  and 44 more", text, StringComparison.Ordinal);
        Assert.Equal(258, text.Split('\n').Length);
    }

    [Fact]
    public void ReportOfOneBlockReadsWell()
    {
        RmState state = NewState();
        state.RmAttach(0x1230, Fakes.Leave);
        state.RmRetain(0x1230);
        string text = state.CreateReport().ToString();
        state.Reset();

        Assert.Equal("state 'unnamed': 1 blocks live, 0 bytes of known size\n  0x1230: count 2, size unknown", text);
    }

    [Fact]
    public void FewBlocksAreListedWithTheirSites()
    {
        RmState state = NewState(new RmStateOptions { Level = RmDiagnosticsLevel.Sites });
        state.RmAttach(0x1230, Fakes.Leave, 5, "Net.cs", 12);
        state.RmAttach(0x1240, Fakes.Leave, 7, "", 0);
        RmLeakReport report = state.CreateReport();
        state.Reset();

        string[] lines = report.ToString().Split('\n');
        Assert.Contains("  0x1230: count 1, 5 bytes, Net.cs:12", lines, StringComparer.Ordinal);
        Assert.Contains("  0x1240: count 1, 7 bytes", lines, StringComparer.Ordinal);
        Assert.Equal([new RmLeakSite(default, 1, 7), new RmLeakSite(new RmSite("Net.cs", 12), 1, 5)], report.Sites);
    }

    [Fact]
    public void ManyBlocksAreListedBySite()
    {
        RmState state = NewState(new RmStateOptions { Level = RmDiagnosticsLevel.Full });
        for (int i = 0; i < RmLeakReport.MaxListed * 3; i++)
        {
            state.RmAttach(Fakes.Address(i), Fakes.Leave, 2, i % 3 == 0 ? "A.cs" : "B.cs", 1);
        }

        string text = state.CreateReport().ToString();
        state.Dispose();

        Assert.Equal("state 'unnamed': 768 blocks live, 1536 bytes of known size\n  B.cs:1: 512 blocks, 1024 bytes\n  A.cs:1: 256 blocks, 512 bytes", text);
        Assert.Equal(text, state.LastReport!.ToString());
    }

    [Fact]
    public void SitesAreLeftOutWhereNoneIsKnown()
    {
        RmState state = NewState();
        state.Level = RmDiagnosticsLevel.Counters;
        state.RmAttach(0x1230, Fakes.Leave);
        RmHold hold = state.RmRetainAs(0x1230);
        Assert.Empty(state.CreateReport().Sites);
        hold.Dispose();
        state.Reset();
    }
}
