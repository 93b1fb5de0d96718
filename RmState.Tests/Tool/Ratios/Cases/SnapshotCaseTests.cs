using Rm.Tool.Ratios;
using Rm.Tool.Ratios.Cases;

namespace Rm.Tests.Tool.Ratios.Cases;

public sealed class SnapshotCaseTests
{
    [Fact]
    public void ItIsTakenOfAFullStateWhoseSitesAreKnown()
    {
        using var context = new BenchContext(BenchSettings.Smoke, RepositoryFiles.Root);
        var taken = new List<(long Live, bool Sited)>();
        var one = new SnapshotCase(
            new Row("snapshot", Row.Absolute, 1),
            state => taken.Add((state.Statistics.LiveBlocks, state.RmBlocks.All(static block => block.Site.IsKnown))));

        Figure figure = Assert.Single(one.Measure(context));

        Assert.Equal(Enumerable.Repeat(((long)BenchSettings.Smoke.LargestTable, true), 1 + SnapshotCase.Runs), taken);
        Assert.True(figure.Ratio > 0);
    }
}
