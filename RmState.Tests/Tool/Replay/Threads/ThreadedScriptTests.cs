using Rm.Tool.Replay;
using Rm.Tool.Replay.Threads;
using Rm.Tool.Traces;

namespace Rm.Tests.Tool.Replay.Threads;

/// <summary>A trace taken apart by thread is the same trace.</summary>
public sealed class ThreadedScriptTests
{
    [Fact]
    public void EventsAreSortedByThreadAndObjectsFollow()
    {
        ReplayScript script = Scripts.Written(w =>
        {
            int first = w.Malloc(10, thread: 0);
            int second = w.Malloc(20, thread: 1);
            int third = w.Aligned(6, 30, thread: 0);
            w.Free(second, thread: 0);
            w.Realloc(third, 40, thread: 1);
            w.Free(first, thread: 1);
        });

        var compiled = ThreadedScript.Of(script);

        Assert.Equal([0, 2, 3], compiled.Threads[0].Numbers);
        Assert.Equal([1, 4, 5], compiled.Threads[1].Numbers);
        Assert.Equal([0, 2], compiled.Threads.Select(t => t.FirstObject));
        Assert.Equal([0, 2, 1, 3], compiled.Ids);
        Assert.Equal([10, 30, 20, 40], compiled.Sizes.ToArray().Select(s => (int)s));
        Assert.Equal([0, 6, 0, 6], compiled.AlignmentLog2.ToArray().Select(a => (int)a));
        Assert.Equal([true, true, true, false], compiled.IsReleased.ToArray());
        Assert.Equal([ReplayOp.Allocate, ReplayOp.AllocateAligned, ReplayOp.Free], compiled.Threads[0].Ops);
        Assert.Equal([ReplayOp.Allocate, ReplayOp.ReallocateAligned, ReplayOp.Free], compiled.Threads[1].Ops);
        Assert.Equal([TraceEvent.None, TraceEvent.None, 2], compiled.Threads[0].Released);
        Assert.Equal([TraceEvent.None, 1, 0], compiled.Threads[1].Released);
        Assert.Equal([0L, 10, 40, 20], compiled.Threads[0].LiveBytes);
        Assert.Equal([0L, 20, 30, 20], compiled.Threads[1].LiveBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void EveryEventIsOfOneThread(int seed)
    {
        ReplayScript script = Scripts.Random(seed);

        AssertSame(script, ThreadedScript.Of(script), script.EventCount);
    }

    [Theory]
    [InlineData(3000, 4, 100)]
    [InlineData(1001, 3, 10)]
    [InlineData(5, 8, 1)]
    [InlineData(0, 2, 1)]
    public void DealtPrefixIsTheSameTraceOnOtherThreads(int events, int threads, int run)
    {
        ReplayScript script = Scripts.Random(3);

        var dealt = ThreadedScript.Deal(script, events, threads, run);

        Assert.Equal(Math.Min(threads, (events + run - 1) / run), dealt.Threads.Count);
        AssertSame(script, dealt, events);
    }

    [Fact]
    public void TooManyThreadsAreRefused()
    {
        ReplayScript most = OfThreads(ThreadedScript.MostThreads);
        ReplayScript more = OfThreads(ThreadedScript.MostThreads + 1);

        Assert.Equal(ThreadedScript.MostThreads, ThreadedScript.Of(most).Threads.Count);
        Assert.Throws<ArgumentException>(() => ThreadedScript.Of(more));
    }

    private static ReplayScript OfThreads(int threads) => Scripts.Written(w =>
    {
        for (int thread = 0; thread < threads; thread++)
        {
            w.Malloc(1, thread);
        }
    });

    private static void AssertSame(ReplayScript script, ThreadedScript compiled, int events)
    {
        Assert.Equal(events, compiled.EventCount);
        Assert.Equal(Enumerable.Range(0, compiled.Ids.Count), compiled.Ids.Order());
        int seen = 0;
        foreach (ThreadScript thread in compiled.Threads)
        {
            Assert.Equal(thread.Numbers.Order(), thread.Numbers);
            foreach ((int number, int at) in thread.Numbers.Select((number, at) => (number, at)))
            {
                int released = thread.Released[at];
                Assert.Equal(script.Ops[number], thread.Ops[at]);
                Assert.Equal(script.Released[number], released == TraceEvent.None ? TraceEvent.None : compiled.Ids[released]);
                seen++;
            }
        }

        Assert.Equal(events, seen);
        for (int id = 0; id < compiled.Ids.Count; id++)
        {
            Assert.Equal(script.Sizes[compiled.Ids[id]], compiled.Sizes[id]);
            Assert.Equal(script.AlignmentLog2[compiled.Ids[id]], compiled.AlignmentLog2[id]);
        }
    }
}
