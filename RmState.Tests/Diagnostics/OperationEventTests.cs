using System.Diagnostics.Tracing;
using Rm.Diagnostics;
using Rm.Events;
using Rm.Tests.Events;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Diagnostics;

/// <summary>Operations are told while a state is traced, without garbage; alone in the process, since a listener hears every test.</summary>
[Collection(WholeProcess.Name)]
public sealed class OperationEventTests : LeakChecked
{
    [Fact]
    public void EveryOperationOfATracedStateIsToldOnce()
    {
        using EventRecorder events = new EventRecorder(EventLevel.Verbose, RmEventSource.Keywords.Operations).Start();
        RmState state = NewState(new RmStateOptions { Name = "traced" });
        nint before = state.RmMalloc(8);
        nint a;
        nint b;
        using (state.TraceOperations())
        {
            a = state.RmMalloc(8, "/src/A.cs", 1);
            state.RmRetain(a, "C:\\src\\B.cs", 2);
            state.RmRelease(a, "C.cs", 3);
            b = state.RmRealloc(a, 100_000, "D.cs", 4);
            state.RmAttach(Fakes.Address(1), Fakes.Leave, file: "E.cs", line: 5);
            state.RmDetach(Fakes.Address(1), "F.cs", 6);
            state.RmRelease(b, "", 7);
        }

        state.RmRelease(before);
        Assert.Equal(
            [
                "StateTraced(traced)", $"Allocated({a}, 8, A.cs, 1)", $"Retained({a}, 2, B.cs, 2)", $"Released({a}, 1, C.cs, 3)",
                $"Reallocated({b}, 100000, D.cs, 4, {a})", $"Attached({Fakes.Address(1)}, -1, E.cs, 5)",
                $"Detached({Fakes.Address(1)}, 0, F.cs, 6)", $"Freed({b}, 0, , 7)",
            ],
            events.TextsOf(state),
            StringComparer.Ordinal);
    }

    [Fact]
    public void ThoseWhoListenLaterHearTheNameFirst()
    {
        RmState state = NewState(new RmStateOptions { Name = "early" });
        using IDisposable trace = state.TraceOperations();
        nint block = state.RmMalloc(8);
        for (int i = 0; i < 2; i++)
        {
            using EventRecorder events = new EventRecorder(EventLevel.Verbose, RmEventSource.Keywords.Operations).Start();
            state.RmRetain(block);
            events.Dispose();
            state.RmRelease(block);
            Assert.Equal(["StateTraced", "Retained"], events.Of(state.EventId).Select(e => e.EventName!), StringComparer.Ordinal);
        }

        state.RmRelease(block);
    }

    [Fact]
    public void OtherKeywordsAndLevelsBringNoOperations()
    {
        using EventRecorder others = new EventRecorder(EventLevel.Verbose, ~RmEventSource.Keywords.Operations).Start();
        using EventRecorder coarse = new EventRecorder(EventLevel.Informational, EventKeywords.All).Start();
        RmState state = NewState();
        using IDisposable trace = state.TraceOperations();
        state.RmRelease(state.RmMalloc(8));
        Assert.Equal(["StateCreated"], others.Of(state.EventId).Select(e => e.EventName!), StringComparer.Ordinal);
        Assert.Equal(["StateCreated"], coarse.Of(state.EventId).Select(e => e.EventName!), StringComparer.Ordinal);
    }

    [Fact]
    public void TracingEndsWithTheState()
    {
        RmState state = NewState();
        IDisposable trace = state.TraceOperations();
        state.Dispose();
        trace.Dispose();
        Assert.Throws<ObjectDisposedException>(state.TraceOperations);
        Assert.Throws<ArgumentNullException>(() => ((RmState)null!).TraceOperations());
    }

    [Fact]
    public async Task ATraceHasEveryOperationAndCostsNoGarbage()
    {
        const int rounds = 2000;
        using var pipe = new EventPipeRecorder(EventLevel.Verbose, EventKeywords.All);
        RmState state = NewState(new RmStateOptions { Name = "piped" });
        using IDisposable trace = state.TraceOperations();
        Work(state, 10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Work(state, rounds);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        state.Dispose();
        IReadOnlyList<(string Name, object[] Payload)> events = await pipe.StopAsync();

        Assert.Equal(0, allocated);
        (string Name, object[] Payload)[] own = [.. events.Where(e => Equals(e.Payload[0], state.EventId))];
        Assert.Equal(["StateCreated", "StateTraced"], own.Take(2).Select(e => e.Name), StringComparer.Ordinal);
        Assert.Equal("StateDisposed", own[^1].Name);
        string[] expected = ["Allocated", "Retained", "Released", "Freed", "Attached", "Detached"];
        Assert.Equal(
            Enumerable.Repeat(expected, rounds + 10).SelectMany(names => names), own[2..^1].Select(e => e.Name), StringComparer.Ordinal);
        Assert.All(own[2..^1], e => Assert.Equal($"{nameof(OperationEventTests)}.cs", e.Payload[3]));
    }

    [Fact]
    public async Task TheOtherEventsCostNoGarbageEither()
    {
        const int times = 1000;
        using var pipe = new EventPipeRecorder(EventLevel.Verbose, EventKeywords.All);
        RmEventSource log = RmEventSource.Log;
        WriteEach(log, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        WriteEach(log, times);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        IReadOnlyList<(string Name, object[] Payload)> events = await pipe.StopAsync();

        Assert.Equal(0, allocated);
        Assert.Equal(10 * (times + 1), events.Count);
        Assert.Equal([7UL, "a name", 3L, 4L], events[3].Payload);
        Assert.Equal([7UL, "a name", "kind", 8UL, "a message"], events[6].Payload);
        Assert.Equal(["", 8UL, 9UL], events[8].Payload);
    }

    private static void WriteEach(RmEventSource log, int times)
    {
        for (int i = 0; i < times; i++)
        {
            log.StateCreated(7, "a name");
            log.StateDisposed(7, "a name", 3, 4);
            log.StateReset(7, "a name");
            log.StateDropped(7, "a name", 3, 4);
            log.StateLeaked(7, "a name", 3, 4);
            log.BlockLeaked(7, 8, 1, -1);
            log.ViolationReported(7, "a name", "kind", 8, "a message");
            log.TableResized(7, 16, 32);
            log.ArenaGrown(name: null, 8, 9);
            log.ArenaShrunk("a name", 8, 9);
        }
    }

    private static void Work(RmState state, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            nint block = state.RmMalloc(16);
            state.RmRetain(block);
            state.RmRelease(block);
            state.RmRelease(block);
            state.RmAttach(Fakes.Address(1), Fakes.Leave);
            state.RmDetach(Fakes.Address(1));
        }
    }
}
