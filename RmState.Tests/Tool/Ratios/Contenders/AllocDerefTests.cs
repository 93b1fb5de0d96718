using Rm.Tool.Ratios.Contenders;

namespace Rm.Tests.Tool.Ratios.Contenders;

public sealed class AllocDerefTests
{
    [Fact]
    public void AsManyOthersLiveAndEachOperationIsAPair()
    {
        using var contender = new AllocDeref(size: 256, others: 5);
        Assert.Equal(5, contender.Heap.Statistics.LiveBlocks);

        contender.Run(100);

        // One more: the block that takes the place of one of the others.
        Assert.Equal(5 + 101, contender.Heap.Statistics.Allocations);
        Assert.Equal(5, contender.Heap.Statistics.LiveBlocks);
    }
}
