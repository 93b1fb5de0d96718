using Rm.Membufs;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Membufs;

/// <summary>Threads that allocate, share and release as fast as they can: what must hold when all are done.</summary>
public sealed class MembufStressTests : LeakChecked
{
    private const int Operations = 3_400_000;
    private const int OperationsOfTurn = 7;
    private const int Places = 64;

    [Theory]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(16, false)]
    [InlineData(4, true)]
    public void MillionsOfOperationsOnManyThreadsBalance(int threads, bool counts)
    {
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { CountsReferences = counts });
        int turns = Operations / OperationsOfTurn / threads / (counts ? 8 : 1);
        EndLedger ledger = new(heap, threads * turns);
        nint[] places = new nint[Places];
        using Barrier barrier = new(threads);
        Action[] ends = [.. Enumerable.Range(0, threads).Select(i => OnThread.Start(() => Work(heap, ledger, places, i, turns, barrier)))];
        Array.ForEach(ends, static end => end());

        ledger.RequireAllEnded();
        MembufHeapStatistics statistics = heap.Statistics;
        Assert.Equal((long)threads * turns, statistics.Allocations);
        Assert.Equal(0, statistics.LiveBlocks);
        Assert.Equal(threads, statistics.Orphans);
        Assert.Equal(counts ? statistics.Allocations + statistics.References : 0, statistics.Releases);
        heap.Verify();
    }

    private static void Work(MembufHeap heap, EndLedger ledger, nint[] places, int thread, int turns, Barrier barrier)
    {
        var random = new Random(thread);
        for (int turn = 0; turn < turns; turn++)
        {
            // Every block has a reference here, and one in a place where any thread finds it.
            int size = random.Next(16, 300);
            nint block = random.Next(4) == 0 ? ledger.Alloc((thread * turns) + turn, (nuint)size) : heap.Alloc((nuint)size);
            heap.Ref(block);
            Release(heap, Interlocked.Exchange(ref places[random.Next(Places)], block));
            heap.Deref(block);
        }

        barrier.SignalAndWait();
        for (int place = thread; place < Places; place += barrier.ParticipantCount)
        {
            Release(heap, Interlocked.Exchange(ref places[place], 0));
        }

        // All have released: what they left to this thread is there.
        barrier.SignalAndWait();
        _ = heap.Settle();
        barrier.SignalAndWait();
        _ = heap.Detach();
    }

    private static void Release(MembufHeap heap, nint block)
    {
        if (block != 0)
        {
            heap.Ref(block);
            heap.Deref(block);
            heap.Deref(block);
        }
    }
}
