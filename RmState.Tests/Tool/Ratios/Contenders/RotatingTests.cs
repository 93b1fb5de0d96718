using Rm.Tests.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Contenders;

namespace Rm.Tests.Tool.Ratios.Contenders;

public sealed class RotatingTests
{
    [Fact]
    public void AsManyOthersLiveAndEachOperationIsAPair()
    {
        var contender = new Rotating<RecordedBlocks>(seed: 0, size: 64, others: 5);
        Assert.Equal(5, RecordedBlocks.Live.Count);
        RecordedBlocks.Sizes.Clear();

        contender.Run(100);

        // One more: the block that takes the place of one of the others.
        Assert.Equal(Enumerable.Repeat((nuint)64, 101), RecordedBlocks.Sizes);
        Assert.Equal(5, RecordedBlocks.Live.Count);
        contender.Dispose();
        Assert.Equal((0, 1), (RecordedBlocks.Live.Count, RecordedBlocks.Disposed));
    }
}
