using Rm.Tool.Ratios.References;

namespace Rm.Tests.Tool.Ratios.References;

public sealed class HoldReferencesTests
{
    [Fact]
    public void APairIsAHoldAndItsEnd()
    {
        using var references = HoldReferences.To(seed: 1, [0x1000]);

        references.RetainAndRelease(0x1000);

        Assert.Equal(1, references.State.RmCount(0x1000));
        Assert.Equal(1, references.State.Statistics.Retains);
        Assert.Empty(references.State.RmWhoHolds(0x1000).Holds);
    }
}
