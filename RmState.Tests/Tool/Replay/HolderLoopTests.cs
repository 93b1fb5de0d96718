using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Replay;

/// <summary>A replay with more holders ends with the trace's blocks, after as many retains as were drawn.</summary>
public sealed unsafe class HolderLoopTests
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

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    public void StateOverArenaPasses(int holders, ulong seed)
    {
        ReplayScript script = Scripts.Random(seed: (int)seed, events: 5000);

        ReplayReport report = ReplaySession.Run<ArenaStateHeap>(script, new HolderLoop(script, holders, seed).Run, warmUp: false);

        Assert.Empty(report.Failures());
        Assert.True(report.PlantedErrorSeen);
        Assert.Equal(script.Statistics.LiveObjects, report.LiveAtEnd);
        Assert.Equal(Replay(script, holders, seed).Retains, report.Retains);
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

    [Fact]
    public void OverwrittenByteIsReportedWhenTheLastHolderLetsGo()
    {
        ReplayScript script = Scripts.Written(w => w.Free(w.Malloc(9000)));

        ReplayTally tally = Tampered(script, after: 1, static (_, block) => ((byte*)block)[8192] ^= 1);

        Assert.Contains("object 0: byte 8192 reads", Assert.Single(tally.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void OverwrittenByteIsReportedByRealloc()
    {
        ReplayScript script = Scripts.Written(w =>
        {
            int grown = w.Realloc(w.Malloc(100), 200);
            w.Realloc(grown, 50);
        });

        ReplayTally tally = Tampered(script, after: 1, static (_, block) => ((byte*)block)[0] ^= 1);

        Assert.Contains("event 1: object 0: byte 0 reads", Assert.Single(tally.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void ByteOverwrittenWhereReallocCutsOffIsReported()
    {
        ReplayScript script = Scripts.Written(w => w.Realloc(w.Malloc(9000), 100));

        ReplayTally tally = Tampered(script, after: 1, static (_, block) => ((byte*)block)[8192] ^= 1);

        Assert.Contains("event 1: object 0: byte 8192 reads", Assert.Single(tally.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void WrongCountIsReported()
    {
        ReplayScript script = Scripts.Written(w => w.Free(w.Malloc(10)));

        ReplayTally tally = Tampered(script, after: 1, static (state, block) => state.RmRetain(block));

        Assert.All(tally.Messages, m => Assert.Contains("object 0 has a count of ", m, StringComparison.Ordinal));
        Assert.InRange(tally.Violations, 1, 4);
    }

    // Replays some events, does something to the first block behind the replay's back, and replays the rest.
    private static ReplayTally Tampered(ReplayScript script, int after, Action<RmState, nint> tamper)
    {
        using var state = new RmState();
        var heap = new StateHeap(state);
        var loop = new HolderLoop(script, 3, seed: 1);
        var tally = new ReplayTally();
        Span<nint> blocks = stackalloc nint[script.ObjectCount];
        loop.Run(ref heap, script, blocks, after, tally);
        Assert.Equal(0, tally.Violations);

        tamper(state, blocks[0]);
        loop.Run(ref heap, script, blocks, script.EventCount, tally);
        return tally;
    }

    private static ReplayReport Replay(ReplayScript script, int holders, ulong seed) =>
        ReplaySession.Run<StateHeap>(script, new HolderLoop(script, holders, seed).Run, warmUp: false);
}
