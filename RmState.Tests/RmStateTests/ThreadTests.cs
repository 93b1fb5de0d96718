using System.Collections.Concurrent;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>A state belongs to one thread at a time: states beside each other, handed over, and misused from two.</summary>
public sealed class ThreadTests : LeakChecked
{
    private static readonly Dictionary<string, Action<RmState, nint>> Operations = new(StringComparer.Ordinal)
    {
        ["malloc"] = (s, _) => s.RmMalloc(1),
        ["try malloc"] = (s, _) => s.RmTryMalloc(1, out _),
        ["calloc"] = (s, _) => s.RmCalloc(1, 1),
        ["aligned"] = (s, _) => s.RmAlignedAlloc(64, 1),
        ["realloc"] = (s, b) => s.RmRealloc(b, 100),
        ["attach"] = (s, _) => s.RmAttach(Fakes.Address(5)),
        ["attach with delegate"] = (s, _) => s.RmAttach(Fakes.Address(5), Fakes.Leave),
        ["try attach"] = (s, _) => s.RmTryAttach(Fakes.Address(5)),
        ["attach or retain"] = (s, b) => s.RmAttachOrRetain(b),
        ["retain"] = (s, b) => s.RmRetain(b),
        ["try retain"] = (s, b) => s.RmTryRetain(b, out _),
        ["release"] = (s, b) => s.RmRelease(b),
        ["try release"] = (s, b) => s.RmTryRelease(b, out _),
        ["detach"] = (s, b) => s.RmDetach(b),
        ["try detach"] = (s, b) => s.RmTryDetach(b, out _),
        ["trim"] = (s, _) => s.Trim(),
        ["reset"] = (s, _) => s.Reset(),
        ["dispose"] = (s, _) => s.Dispose(),
    };

    public static TheoryData<string> OperationNames => [.. Operations.Keys];

    [Fact]
    public void EightThreadsWithAStateEachWorkAtOnceAndEndClean()
    {
        const int threads = 8;
        var ready = new Barrier(threads);
        CountingAllocator[] allocators = [.. Enumerable.Range(0, threads).Select(_ => NewAllocator())];
        RmState[] states = [.. allocators.Select(a => NewState(new RmStateOptions { InitialCapacity = 1, Allocator = a }))];
        Action[] waits = [.. states.Select((state, i) => OnThread.Start(() =>
        {
            // All use the same fake addresses: what one state does must be nothing to the others.
            var work = new RandomWork(state, seed: 100 + i);
            ready.SignalAndWait();
            for (int round = 0; round < 10; round++)
            {
                work.Run(3000);
                work.AssertModelMatches();
                state.Verify();
            }

            work.ReleaseAll();
        }))];

        Assert.All(waits, wait => wait());
        Assert.All(states, s => Assert.Equal(0, s.Statistics.LiveBlocks));
        Assert.All(states, s => Assert.True(s.Statistics.Releases > 1000));
        Assert.All(allocators, a => Assert.Equal(0, a.Outstanding));
    }

    [Fact]
    public void StateIsHandedFromThreadToThreadBetweenUses()
    {
        const int threads = 4;
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator, InitialCapacity = 1 });
        var work = new RandomWork(state, seed: 5);
        BlockingCollection<int>[] turns = [.. Enumerable.Range(0, threads).Select(_ => new BlockingCollection<int>())];
        int turnsTaken = 0;
        Action[] waits = [.. Enumerable.Range(0, threads).Select(i => OnThread.Start(() =>
        {
            foreach (int left in turns[i].GetConsumingEnumerable())
            {
                work.Run(100);
                turnsTaken++;
                if (left == 0)
                {
                    Assert.All(turns, t => t.CompleteAdding());
                    return;
                }

                turns[(i + 1) % threads].Add(left - 1);
            }
        }))];

        turns[0].Add(200);
        Assert.All(waits, wait => wait());

        Assert.Equal(201, turnsTaken);
        work.AssertModelMatches();
        work.ReleaseAll();
        Assert.Equal(0, allocator.Outstanding);
        Assert.All(turns, t => t.Dispose());
    }

    [Fact]
    public void StateMayBeDisposedOnAnotherThreadThanItsMakers()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        state.RmMalloc(10);

        OnThread.Run(state.Dispose);

        Assert.True(state.IsDisposed);
        Assert.Equal(0, allocator.Outstanding);
    }

    [Theory]
    [MemberData(nameof(OperationNames))]
    public void AllocatorThatCallsBackIsAnOverlap(string operation)
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(10);
        int refused = 0;
        allocator.OnRequest = () =>
        {
            allocator.OnRequest = null;
            Assert.Throws<ConcurrentUseException>(() => Operations[operation](state, block));
            refused++;
        };

        nint made = state.RmMalloc(20);

        Assert.Equal(1, refused);
        Assert.Equal(0, state.RmRelease(made));
        Assert.Equal(1, state.RmCount(block));
        Assert.Equal(1, state.Statistics.Violations);
        state.Verify();
        Assert.Equal(0, state.RmRelease(block));
    }

    [Theory]
    [MemberData(nameof(OperationNames))]
    public void SecondThreadDuringAnOperationOfTheFirstIsAnOverlap(string operation)
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(10);
        int refused = 0;
        allocator.OnRequest = () =>
        {
            // The first thread stays inside RmMalloc while another tries.
            allocator.OnRequest = null;
            OnThread.Run(() => Assert.Throws<ConcurrentUseException>(() => Operations[operation](state, block)));
            refused++;
        };

        Assert.Equal(0, state.RmRelease(state.RmMalloc(20)));

        Assert.Equal(1, refused);
        Assert.Equal(0, state.RmRelease(block));
    }

    [Fact]
    public void FailedOperationDoesNotLeaveTheStateBusy()
    {
        var faults = new FaultPlan();
        RmState state = NewState(new RmStateOptions { Allocator = NewAllocator(faults) });
        nint block = state.RmMalloc(10);
        faults.FailFromNow();
        Action[] failing =
        [
            () => state.RmMalloc(1), () => state.RmCalloc(1, 1), () => state.RmCalloc(nuint.MaxValue, 2), () => state.RmAlignedAlloc(64, 1),
            () => state.RmAlignedAlloc(3, 1), () => state.RmRealloc(block, 1000), () => state.RmRetain(1), () => state.RmRelease(1),
            () => state.RmDetach(1), () => state.RmAttach(block), () => state.RmAttach(0), () => state.RmRetain(0), () => state.RmCount(1),
            () => state.RmSize(1), () => state.RmRealloc(1, 1),
        ];

        foreach (Action call in failing)
        {
            Assert.ThrowsAny<Exception>(call);
            Assert.Equal(2, state.RmRetain(block));
            Assert.Equal(1, state.RmRelease(block));
        }

        state.RmRelease(block);
    }

    [Fact]
    public void AllocatorThatThrowsDoesNotLeaveTheStateBusyOrChanged()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(10);
        StateSnapshot before = StateSnapshot.Of(state);
        allocator.OnRequest = () => throw new FormatException();

        Assert.Throws<FormatException>(() => state.RmMalloc(1));
        Assert.Throws<FormatException>(() => state.RmTryMalloc(1, out _));
        Assert.Throws<FormatException>(() => state.RmCalloc(1, 1));
        Assert.Throws<FormatException>(() => state.RmAlignedAlloc(64, 1));
        Assert.Throws<FormatException>(() => state.RmRealloc(block, 100));

        before.AssertUnchanged(state);
        Assert.Equal(0, state.RmRelease(block));
    }

    [Fact]
    public void OverlapOfTwoRunningThreadsIsDetected()
    {
        // A race may leave the counts wrong, so the blocks are addresses only, the table never grows, and the state is thrown away.
        var state = new RmState(new RmStateOptions { InitialCapacity = 4096, DisposePolicy = RmDisposePolicy.Abandon });
        for (int i = 0; i < 64; i++)
        {
            state.RmAttach(Fakes.Address(i), Fakes.Leave);
            state.PresetCount(Fakes.Address(i), 20_000);
        }

        int detected = 0;
        var start = new Barrier(2);
        Action[] waits = [.. Enumerable.Range(0, 2).Select(thread => OnThread.Start(() =>
        {
            start.SignalAndWait();
            for (int i = 0; i < 20_000_000 && Volatile.Read(ref detected) == 0; i++)
            {
                try
                {
                    state.RmRetain(Fakes.Address(i & 63));
                    state.RmRelease(Fakes.Address(i & 63));
                }
                catch (ConcurrentUseException)
                {
                    Volatile.Write(ref detected, 1);
                }
                catch (MemoryViolationException)
                {
                    // What else a race did is not this test's matter.
                }
            }
        }))];

        Assert.All(waits, wait => wait());

        Assert.Equal(1, detected);
        Assert.Null(Record.Exception(state.Dispose) as NullReferenceException);
    }
}
