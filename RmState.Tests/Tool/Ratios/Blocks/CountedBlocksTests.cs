using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Levels;

namespace Rm.Tests.Tool.Ratios.Blocks;

public sealed class CountedBlocksTests
{
    [Fact]
    public void ABlockComesAndGoesAtItsLevel()
    {
        using var source = CountedBlocks<AtSites>.Create(seed: 1);

        nint block = source.Allocate(64);

        Assert.True(source.State.RmWhoHolds(block).Site.IsKnown);
        source.Free(block);
        Assert.Equal(0, source.State.Statistics.LiveBlocks);
    }
}
