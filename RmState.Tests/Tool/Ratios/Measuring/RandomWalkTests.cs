using Rm.Tests.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tests.Tool.Ratios.Measuring;

public sealed class RandomWalkTests
{
    [Fact]
    public void RisesFallsAndTimesEveryCall()
    {
        var times = new OperationTimes();
        var walk = new RandomWalk<RecordedBlocks>(seed: 1, most: 20_000, smallest: 16, largest: 31);

        walk.Run(10_000, rising: true, times);
        int risen = RecordedBlocks.Live.Count;
        walk.Run(10_000, rising: false, times);
        int fallen = RecordedBlocks.Live.Count;

        Assert.InRange(risen, 4_500, 5_500);
        Assert.InRange(fallen, 0, 100);
        Assert.Equal(Enumerable.Range(16, 16), RecordedBlocks.Sizes.Select(static size => (int)size).Distinct().Order());
        Assert.Equal(20_000, times.Count);
        walk.Dispose();
        Assert.Equal((0, 1), (RecordedBlocks.Live.Count, RecordedBlocks.Disposed));
    }
}
