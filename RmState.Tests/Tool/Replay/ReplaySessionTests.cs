using Rm.Tests.Tool.Traces;
using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Replay;

/// <summary>A replay of a good heap finds nothing wrong, and each mistake of a bad one is reported.</summary>
public sealed class ReplaySessionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void MallocPasses(int seed) =>
        AssertPasses(seed, script => ReplaySession.Run<MallocHeap>(script, ReplayLoop.Run, warmUp: false));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void StatePasses(int seed) =>
        AssertPasses(seed, script => ReplaySession.Run<StateHeap>(script, ReplayLoop.Run, warmUp: false));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ArenaPasses(int seed) =>
        AssertPasses(seed, script => ReplaySession.Run<ArenaHeap>(script, ReplayLoop.Run, warmUp: false));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void StateOverArenaPasses(int seed) =>
        AssertPasses(seed, script => ReplaySession.Run<ArenaStateHeap>(script, ReplayLoop.Run, warmUp: false));

    [Fact]
    public void EachCallPassesOverTheArena()
    {
        ReplayScript script = Scripts.Written(w =>
        {
            WriteEachCall(w);
            w.Realloc(w.Malloc(3 << 20), 5 << 20);
            w.Realloc(w.Aligned(16, 100_000), 200_000);
            w.Realloc(w.Malloc(1000), 800);
            w.Malloc(0);
        });

        Assert.Empty(ReplaySession.Run<ArenaHeap>(script, ReplayLoop.Run, warmUp: true).Failures());
        Assert.Empty(ReplaySession.Run<ArenaStateHeap>(script, ReplayLoop.Run, warmUp: true).Failures());
    }

    [Fact]
    public void ByteOverwrittenInTheArenaIsReported()
    {
        AssertSees<ArenaHeap>();
        AssertSees<ArenaStateHeap>();
    }

    [Fact]
    public void WarmUpLeavesNothingBehind() =>
        AssertPasses(4, script => ReplaySession.Run<MallocHeap>(script, ReplayLoop.Run, warmUp: true));

    [Fact]
    public void ShortTraceIsReplayedFiveTimes()
    {
        int runs = 0;
        ReplayReport report = ReplaySession.RunOften<MallocHeap>(
            Scripts.Random(1, events: 200),
            (ref MallocHeap heap, ReplayScript script, Span<nint> blocks, int end, ReplayTally tally) =>
            {
                // Nothing times the warm-up.
                runs += tally.Clock.IsRunning ? 1 : 0;
                ReplayLoop.Run(ref heap, script, blocks, end, tally);
            });

        Assert.Empty(report.Failures());
        Assert.Equal(5, runs);
    }

    [Fact]
    public void FailureOfALaterRunIsTheOutcome()
    {
        int runs = 0;
        ReplayReport report = ReplaySession.RunOften<MallocHeap>(
            Scripts.Random(1, events: 200),
            (ref MallocHeap heap, ReplayScript script, Span<nint> blocks, int end, ReplayTally tally) =>
            {
                ReplayLoop.Run(ref heap, script, blocks, end, tally);
                if (tally.Clock.IsRunning && ++runs == 3)
                {
                    tally.Report("third run");
                }
            });

        Assert.Equal((3, "third run"), (runs, Assert.Single(report.Failures())));
    }

    [Fact]
    public void EmptyTracePasses()
    {
        ReplayReport report = ReplaySession.Run<MallocHeap>(Scripts.Random(1, events: 0), ReplayLoop.Run, warmUp: true);

        Assert.Empty(report.Failures());
    }

    [Fact]
    public void HeapWithoutFaultPasses() => Assert.Empty(FaultyHeap.Replay(EachCall(), HeapFault.None).Failures());

    [Theory]
    [InlineData(HeapFault.OverwritesFirstByte, "event 4: object 0: byte 0 reads 0x")]
    [InlineData(HeapFault.OverwritesLaterPage, "event 4: object 0: byte 8192 reads 0x")]
    [InlineData(HeapFault.OverwritesSpareBlock, "object 2147483647: byte 0 reads 0x")]
    [InlineData(HeapFault.DirtyCalloc, "event 2: object 2: byte 4096 reads 0x01, should be 0x00")]
    [InlineData(HeapFault.ReallocLosesContents, "event 4: object 0: byte 0 reads 0x00")]
    [InlineData(HeapFault.Misaligned, "event 3: object 3 is not aligned to 64 bytes")]
    public void MistakeIsReported(HeapFault fault, string message)
    {
        ReplayReport report = FaultyHeap.Replay(EachCall(), fault);

        Assert.True(report.Violations >= 1);
        Assert.Contains(report.Failures(), f => f.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public void ExceptionOfTheHeapNamesTheEvent()
    {
        ReplayReport report = FaultyHeap.Replay(Scripts.Written(w => { w.Calloc(1); w.Malloc(1); w.Malloc(1); w.Malloc(1); }), HeapFault.NoMemory);

        Assert.StartsWith("event 3: OutOfMemoryException: ", report.Error, StringComparison.Ordinal);
        Assert.Equal(report.Error, Assert.Single(report.Failures()));
    }

    [Theory]
    [InlineData(HeapFault.OverwritesFirstByte, 0)]
    [InlineData(HeapFault.OverwritesLaterPage, 8192)]
    public void FreedBlocksAreChecked(HeapFault fault, int offset)
    {
        ReplayReport report = FaultyHeap.Replay(
            Scripts.Written(w =>
            {
                int overwritten = w.Malloc(9000);
                w.Free(w.Malloc(1));
                w.Free(overwritten);
            }),
            fault);

        Assert.Equal(1, report.Violations);
        Assert.StartsWith($"event 3: object 0: byte {offset} reads 0x", Assert.Single(report.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void LiveBlocksAreCheckedAtTheEnd()
    {
        ReplayReport report = FaultyHeap.Replay(Scripts.Written(w => { w.Malloc(1); w.Malloc(1); }), HeapFault.OverwritesFirstByte);

        Assert.Equal(1, report.Violations);
        Assert.Equal(2, report.LiveAtEnd);
    }

    [Fact]
    public void UnseenPlantedErrorIsAFailure()
    {
        var report = new ReplayReport { PlantedErrorSeen = false };

        Assert.Contains("not reported", Assert.Single(report.Failures()), StringComparison.Ordinal);
    }

    [Fact]
    public void ViolationsBeyondThoseListedAreCounted()
    {
        var tally = new ReplayTally();
        for (int i = 0; i < 20; i++)
        {
            tally.Report($"number {i}");
        }

        var report = new ReplayReport { PlantedErrorSeen = true, Violations = tally.Violations, Messages = tally.Messages };

        Assert.Equal(20, report.Violations);
        Assert.Equal([.. Enumerable.Range(0, 8).Select(i => $"number {i}"), "and 12 violations more"], report.Failures(), StringComparer.Ordinal);
    }

    // Objects: 0 malloc of three pages and a byte, 1 malloc, 2 calloc, 3 aligned, 4 the first shrunk, which is then freed.
    private static ReplayScript EachCall() => Scripts.Written(WriteEachCall);

    private static void WriteEachCall(TraceWriter w)
    {
        int first = w.Malloc((3 * 4096) + 1);
        w.Malloc(10);
        w.Calloc(5000);
        w.Aligned(6, 100);
        int second = w.Realloc(first, 5000);
        w.Free(second);
    }

    private static unsafe void AssertSees<THeap>()
        where THeap : struct, IReplayHeap<THeap>
    {
        ReplayScript script = Scripts.Written(w => w.Free(w.Malloc(9000)));

        ReplayReport report = ReplaySession.Run<THeap>(script, Tamper, warmUp: false);

        Assert.StartsWith("event 1: object 0: byte 4096 reads 0x", Assert.Single(report.Failures()), StringComparison.Ordinal);
        Assert.True(report.PlantedErrorSeen);

        static void Tamper(ref THeap heap, ReplayScript script, Span<nint> blocks, int end, ReplayTally tally)
        {
            ReplayLoop.Run(ref heap, script, blocks, 0, 1, tally);
            ((byte*)blocks[0])[4096] ^= 1;
            ReplayLoop.Run(ref heap, script, blocks, 1, end, tally);
        }
    }

    private static void AssertPasses(int seed, Func<ReplayScript, ReplayReport> replay)
    {
        ReplayScript script = Scripts.Random(seed);
        Assert.True(script.Statistics.LiveObjects > 0);

        ReplayReport report = replay(script);

        Assert.Empty(report.Failures());
        Assert.True(report.PlantedErrorSeen);
        Assert.Equal(script.Statistics.LiveObjects, report.LiveAtEnd);
        Assert.True(report.Checks > script.Statistics.Frees);
    }
}
