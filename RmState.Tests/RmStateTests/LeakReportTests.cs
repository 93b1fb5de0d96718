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
}
