using Rm.Tests.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Contenders;

namespace Rm.Tests.Tool.Ratios.Contenders;

public sealed class ReplacingTests
{
    private static readonly Replacement[] Replacements = [new(0, 100), new(2, 200), new(2, 300), new(1, 400)];

    [Fact]
    public void EachStepFreesTheBlockItNamesAndAllocatesTheSizeItNames()
    {
        var contender = new Replacing<RecordedBlocks>(seed: 0, live: 3, Replacements);

        // Filled from the end of the draws, then every block replaced once.
        Assert.Equal([400, 300, 200, 100, 200, 300], RecordedBlocks.Sizes.Select(static size => (int)size));

        HashSet<nint> before = [.. RecordedBlocks.Live.Keys];
        RecordedBlocks.Sizes.Clear();
        contender.Run(3);
        Assert.Equal([400, 100, 200], RecordedBlocks.Sizes.Select(static size => (int)size));
        Assert.Equal(3, RecordedBlocks.Live.Count);
        Assert.Equal([100, 200, 400], RecordedBlocks.Live.Values.Select(static size => (int)size).Order());
        Assert.Equal(3, before.Count);

        contender.Dispose();
        Assert.Equal((0, 1), (RecordedBlocks.Live.Count, RecordedBlocks.Disposed));
    }
}
