using Rm.Tool.Ratios.Levels;
using Rm.Tool.Ratios.References;

namespace Rm.Tests.Tool.Ratios.References;

public sealed class StateReferencesTests
{
    private static readonly nint[] Known = [0x1000, 0x2000];

    [Fact]
    public void NothingIsRecordedAtCounters()
    {
        RmHolders holders = HoldersAfterAPair<AtCounters>();

        Assert.False(holders.Site.IsKnown);
        Assert.Empty(holders.Retains);
    }

    [Fact]
    public void PlacesAreRecordedAtSites()
    {
        RmHolders holders = HoldersAfterAPair<AtSites>();

        Assert.True(holders.Site.IsKnown);
        Assert.Equal(1, Assert.Single(holders.Retains).Count);
        Assert.Equal(1, Assert.Single(holders.Releases).Count);
        Assert.Empty(holders.History);
    }

    [Fact]
    public void OperationsAreRecordedAtFull()
    {
        RmHolders holders = HoldersAfterAPair<AtFull>();

        Assert.Equal(3, holders.History.Count);
    }

    private static RmHolders HoldersAfterAPair<TLevel>()
        where TLevel : struct, ILevel
    {
        using var references = StateReferences<TLevel>.To(seed: 1, Known);

        references.RetainAndRelease(Known[1]);

        Assert.Equal(1, references.State.RmCount(Known[1]));
        Assert.Equal(1, references.State.Statistics.Retains);
        Assert.Equal(2, references.State.Statistics.LiveBlocks);
        return references.State.RmWhoHolds(Known[1]);
    }
}
