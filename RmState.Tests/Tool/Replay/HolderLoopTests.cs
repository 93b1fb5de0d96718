using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Replay;

/// <summary>A replay with more holders ends with the trace's blocks, after as many retains as were drawn.</summary>
public sealed class HolderLoopTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(100, 3)]
    public void StatePasses(int holders, ulong seed)
    {
        ReplayScript script = Scripts.Random(seed: (int)seed, events: 5000);

        ReplayReport report = Replay(script, holders, seed);

        Assert.Empty(report.Failures());
        Assert.True(report.PlantedErrorSeen);
        Assert.Equal(script.Statistics.LiveObjects, report.LiveAtEnd);
        Assert.InRange(report.Retains, script.ObjectCount, (long)holders * script.ObjectCount);
    }

    [Fact]
    public void SeedDecidesTheHolders()
    {
        ReplayScript script = Scripts.Random(seed: 9);

        Assert.Equal(Replay(script, 3, seed: 5).Retains, Replay(script, 3, seed: 5).Retains);
        Assert.NotEqual(Replay(script, 3, seed: 5).Retains, Replay(script, 3, seed: 6).Retains);
    }

    [Fact]
    public void BlocksThatOnlyHoldersKeepStayBounded()
    {
        const int blocks = 200;
        const int size = 8 << 20;
        ReplayScript script = Scripts.Written(w =>
        {
            for (int i = 0; i < blocks; i++)
            {
                w.Free(w.Malloc(size));
            }
        });

        var loop = new HolderLoop(script, 3, seed: 1);

        ReplayReport report = ReplaySession.Run<StateHeap>(script, loop.Run, warmUp: false);

        Assert.Empty(report.Failures());
        Assert.InRange(loop.PeakOrphanedBytes, 1u, HolderLoop.MostOrphanedBytes + size);
    }

    private static ReplayReport Replay(ReplayScript script, int holders, ulong seed) =>
        ReplaySession.Run<StateHeap>(script, new HolderLoop(script, holders, seed).Run, warmUp: false);
}
