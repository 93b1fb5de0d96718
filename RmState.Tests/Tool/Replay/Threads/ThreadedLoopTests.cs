using Rm.Tests.Tool.Traces;
using Rm.Tool.Replay;
using Rm.Tool.Replay.Threads;

namespace Rm.Tests.Tool.Replay.Threads;

/// <summary>A replay on threads ends as the trace says, keeps each thread's order, and finds each mistake of a heap.</summary>
public sealed class ThreadedLoopTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void MallocPasses(int seed) => AssertPasses<MallocHeap>(seed, warmUp: false);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ArenaBehindALockPasses(int seed) => AssertPasses<LockedArenaHeap>(seed, warmUp: false);

    [Fact]
    public void WarmUpLeavesNothingBehind()
    {
        AssertPasses<MallocHeap>(seed: 4, warmUp: true);
        AssertPasses<LockedArenaHeap>(seed: 4, warmUp: true);
    }

    [Fact]
    public void ShippedTraceEndsAsItSaysAndLivesAboutAsMuch()
    {
        var script = ReplayScript.Load(Path.Combine(TraceFiles.ShippedFolder, "ffmpeg-transcode.rmt.gz"));

        ReplayReport report = Replay<LockedArenaHeap>(script, warmUp: false);

        Assert.Empty(report.Failures());
        Assert.Equal(script.Statistics.LiveObjects, report.LiveAtEnd);
        Assert.Equal(5, report.OnThreads!.Threads);
        Assert.InRange(report.OnThreads.PeakLiveBytes, 0.75 * script.Statistics.PeakLiveBytes, 1.25 * script.Statistics.PeakLiveBytes);
    }

    [Fact]
    public void EmptyTracePasses() => Assert.Empty(Replay<MallocHeap>(Scripts.Random(1, events: 0), warmUp: true).Failures());

    [Fact]
    public void TraceOfOneThreadPasses()
    {
        ReplayReport report = Replay<MallocHeap>(Scripts.Written(w => w.Free(w.Malloc(10))), warmUp: false);

        Assert.Empty(report.Failures());
        Assert.Equal((1, 0L, 0L), (report.OnThreads!.Threads, report.OnThreads.Waits, report.OnThreads.HoldUps));
    }

    [Fact]
    public void HeapWithoutFaultPasses()
    {
        using var calls = new FaultyCalls();

        ReplayReport report = InTime.Run(() => FaultySharedHeap.Replay(Handed(), calls));

        Assert.Empty(report.Failures());
        Assert.Equal((2, 2), (calls.Begun, calls.Ended));
    }

    [Theory]
    [InlineData(SharedFault.OverwritesAnotherBlock, "event 4: object 1: byte 0 reads 0x")]
    [InlineData(SharedFault.HandsABlockOutTwice, "event 4: object 1: byte 0 reads 0x")]
    public void MistakeIsReportedByTheThreadThatFrees(SharedFault fault, string message)
    {
        using var calls = new FaultyCalls(fault);

        ReplayReport report = InTime.Run(() => FaultySharedHeap.Replay(Handed(), calls));

        Assert.Null(report.Error);
        Assert.StartsWith(message, report.Messages[0], StringComparison.Ordinal);
        Assert.Equal(fault == SharedFault.HandsABlockOutTwice ? 4 : 1, report.Violations);
    }

    [Theory]
    [InlineData(SharedFault.ThrowsInAllocate, "event 2: InvalidOperationException: It ThrowsInAllocate.")]
    [InlineData(SharedFault.ThrowsInFree, "event 3: InvalidOperationException: It ThrowsInFree.")]
    [InlineData(SharedFault.ThrowsInBeginThread, "event 0: InvalidOperationException: It ThrowsInBeginThread.")]
    [InlineData(SharedFault.ThrowsInEndThread, "InvalidOperationException: It ThrowsInEndThread.")]
    public void ExceptionOnOneThreadEndsAll(SharedFault fault, string message)
    {
        using var calls = new FaultyCalls(fault);

        ReplayReport report = InTime.Run(() => FaultySharedHeap.Replay(Handed(), calls));

        Assert.Contains(message, report.Error, StringComparison.Ordinal);
        Assert.Equal(calls.Begun, calls.Ended + (fault == SharedFault.ThrowsInBeginThread ? calls.Begun : 0));
    }

    [Fact]
    public void LiveBlocksAreCheckedAtTheEnd()
    {
        using var calls = new FaultyCalls(SharedFault.OverwritesAnotherBlock);
        ReplayScript script = Scripts.Written(w =>
        {
            w.Malloc(100, thread: 0);
            w.Malloc(FaultyCalls.FaultySize, thread: 0);
        });

        ReplayReport report = InTime.Run(() => FaultySharedHeap.Replay(script, calls));

        Assert.StartsWith("event 1: object 0: byte 0 reads 0x", Assert.Single(report.Messages), StringComparison.Ordinal);
        Assert.Equal(2, report.LiveAtEnd);
    }

    [Fact]
    public void NullForNoBytesIsAnErrorAndNotAwaitedForEver()
    {
        ReplayScript script = Scripts.Written(w => w.Free(w.Malloc(0, thread: 0), thread: 1));
        using var calls = new FaultyCalls(SharedFault.ReturnsNoBlock, size: 0);

        ReplayReport report = InTime.Run(() => FaultySharedHeap.Replay(script, calls));

        Assert.Equal("event 0: InvalidOperationException: The heap returned no block.", report.Error);
    }

    [Fact]
    public void EachThreadKeepsItsOrder()
    {
        ReplayScript script = Scripts.Random(5);
        var asked = new Dictionary<int, List<nuint>>();
        using var calls = new FaultyCalls
        {
            Allocating = size =>
            {
                lock (script)
                {
                    int thread = Environment.CurrentManagedThreadId;
                    asked.TryAdd(thread, []);
                    asked[thread].Add(size);
                }
            },
        };

        var run = new ThreadedRun(ThreadedScript.Of(script), new nint[script.ObjectCount], EventWindow.Usual);
        _ = InTime.Run(() => ThreadedLoop.Work(run, new FaultySharedHeap(calls), new ReplayClock()));

        run.ThrowIfFailed(new ReplayTally());
        Assert.Equal(4, asked.Count);
        string[] expected = [.. run.Script.Threads.Select(t => string.Join(' ', AskedBy(t, run.Script)))];
        Assert.Equal(expected.Order(StringComparer.Ordinal), asked.Values.Select(sizes => string.Join(' ', sizes)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void ObjectThatIsAllocatedLateIsAwaited()
    {
        ReplayScript script = Scripts.Written(w =>
        {
            int late = w.Malloc(100, thread: 0);
            w.Free(late, thread: 1);
        });
        nint[] blocks = new nint[1];
        using var calls = new FaultyCalls { Allocating = _ => InTime.Until(() => Volatile.Read(ref blocks[0]) == SharedBlocks.Awaited) };
        var run = new ThreadedRun(ThreadedScript.Of(script), blocks, EventWindow.Usual);

        ThreadWorker[] workers = InTime.Run(() => ThreadedLoop.Work(run, new FaultySharedHeap(calls), new ReplayClock()));

        run.ThrowIfFailed(new ReplayTally());
        Assert.Equal([(1, 0L), (1, 1L)], workers.Select(w => (w.Done, w.Waits)));
        Assert.Equal(0, workers.Sum(w => w.Tally.Violations));
        Assert.True(workers[1].Waiting > TimeSpan.Zero);
    }

    [Fact]
    public void FailureReachesAThreadThatSleepsForAnObject()
    {
        ReplayScript script = Scripts.Written(w =>
        {
            int late = w.Malloc(100, thread: 0);
            w.Free(late, thread: 1);
        });
        nint[] blocks = new nint[1];
        using var calls = new FaultyCalls
        {
            Allocating = _ =>
            {
                InTime.Until(() => Volatile.Read(ref blocks[0]) == SharedBlocks.Awaited);
                throw new TimeoutException("never");
            },
        };
        var run = new ThreadedRun(ThreadedScript.Of(script), blocks, EventWindow.Usual);

        _ = InTime.Run(() => ThreadedLoop.Work(run, new FaultySharedHeap(calls), new ReplayClock()));

        var tally = new ReplayTally { Event = 7 };
        Assert.Equal("never", Assert.Throws<TimeoutException>(() => run.ThrowIfFailed(tally)).Message);
        Assert.Equal(0, tally.Event);
    }

    [Fact]
    public void NoThreadIsFurtherAheadThanTheWindow()
    {
        const int window = 300;
        ReplayScript script = Scripts.Written(w =>
        {
            w.Malloc(1, thread: 0);
            for (int i = 0; i < 20 * window; i++)
            {
                w.Malloc(2, thread: 1);
            }
        });
        int ahead = 0;
        int aheadAtMost = -1;
        var run = new ThreadedRun(ThreadedScript.Of(script), new nint[script.ObjectCount], window);
        using var calls = new FaultyCalls
        {
            Allocating = size =>
            {
                if (size == 2)
                {
                    Interlocked.Increment(ref ahead);
                    return;
                }

                InTime.Until(() => run.Workers[1].HoldUps > 0 || run.Workers[1].Done == 20 * window);
                aheadAtMost = Volatile.Read(ref ahead);
            },
        };

        ThreadWorker[] workers = InTime.Run(() => ThreadedLoop.Work(run, new FaultySharedHeap(calls), new ReplayClock()));

        run.ThrowIfFailed(new ReplayTally());
        Assert.Equal(window, aheadAtMost);
        Assert.Equal([1, 20 * window], workers.Select(w => w.Done));
    }

    // All but the last object are the first thread's. The second waits for the one of the special size, then frees the one before it.
    private static ReplayScript Handed() => Scripts.Written(w =>
    {
        w.Calloc(10, thread: 0);
        int handed = w.Malloc(FaultyCalls.FaultySize + 1, thread: 0);
        w.Free(w.Malloc(FaultyCalls.FaultySize, thread: 0), thread: 1);
        w.Free(handed, thread: 1);
        w.Malloc(20, thread: 1);
    });

    private static IEnumerable<nuint> AskedBy(ThreadScript thread, ThreadedScript script)
    {
        int next = thread.FirstObject;
        foreach (ReplayOp op in thread.Ops)
        {
            if (op is not (ReplayOp.Free or ReplayOp.FreeAligned))
            {
                int id = next++;
                yield return script.Sizes[id] + (op == ReplayOp.AllocateAligned ? (nuint)1 << script.AlignmentLog2[id] : 0);
            }
        }
    }

    private static void AssertPasses<THeap>(int seed, bool warmUp)
        where THeap : struct, ISharedHeap<THeap>
    {
        ReplayScript script = Scripts.Random(seed);
        Assert.True(script.Statistics is { LiveObjects: > 0, Threads: 4 });

        ReplayReport report = Replay<THeap>(script, warmUp);

        Assert.Empty(report.Failures());
        Assert.True(report.PlantedErrorSeen);
        Assert.Equal(script.Statistics.LiveObjects, report.LiveAtEnd);
        Assert.True(report.Checks > script.Statistics.Frees);
        Assert.True(report.NanosecondsPerEvent > 0 && report.WallNanosecondsPerEvent > 0);
        Assert.InRange(report.OnThreads!.PeakLiveBytes, (long)script.Statistics.LiveBytes, (long)script.Statistics.BytesRequested);
    }

    private static ReplayReport Replay<THeap>(ReplayScript script, bool warmUp)
        where THeap : struct, ISharedHeap<THeap>
    {
        var loop = new ThreadedLoop(script);
        return InTime.Run(() => ReplaySession.Run<THeap>(script, loop.Run, warmUp)) with { OnThreads = loop.Figures };
    }
}
