using Rm.Membufs;
using Rm.Tool.Ratios.Origins;
using Rm.Tool.Ratios.References;

namespace Rm.Tests.Tool.Ratios.References;

public sealed class MembufHandlesTests
{
    [Fact]
    public void APairLeavesTheCountAsItWas()
    {
        Assert.All(CountsAfterAPair<OwnThread>(), static count => Assert.Equal(1, count));
        Assert.All(CountsAfterAPair<OtherThread>(), static count => Assert.Equal(1, count));
        Assert.All(CountsAfterAPair<BothThreads>(), static count => Assert.Equal(1, count));
    }

    [Fact]
    public void OnlyOwnBlocksGiveTheCallingThreadAHome()
    {
        Assert.True(DetachesAfter<OwnThread>());
        Assert.False(DetachesAfter<OtherThread>());
        Assert.True(DetachesAfter<BothThreads>());
    }

    [Fact]
    public void APairIsAReferenceAndARelease()
    {
        using var references = MembufPointers.Of(2);

        references.RetainAndRelease(1);

        Assert.Equal((1, 1), (references.CountOf(0), references.CountOf(1)));
    }

    [Fact]
    public void ThePeerCountsInItsBlocks()
    {
        using var references = InterlockedReferences.Of(2);

        references.RetainAndRelease(1);

        Assert.Equal((1, 1), (references.CountOf(0), references.CountOf(1)));
    }

    private static List<long> CountsAfterAPair<TOrigin>()
        where TOrigin : struct, IOrigin
    {
        using var references = MembufHandles<TOrigin>.Of(3);

        references.RetainAndRelease(2);

        Assert.Equal(3, references.Handles.Distinct().Count());
        return [.. references.Handles.Select(static handle => handle.RefCount)];
    }

    private static bool DetachesAfter<TOrigin>()
        where TOrigin : struct, IOrigin
    {
        using var references = MembufHandles<TOrigin>.Of(1);
        MembufHeap heap = references.Handles[0].Heap!;
        return heap.Detach();
    }
}
