using System.Collections.Concurrent;
using Rm.Membufs;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Membufs;

/// <summary>Threads that end without a word, with blocks and references: others go on with both.</summary>
public sealed class MembufThreadEndTests : LeakChecked
{
    private const int Threads = 12;
    private const int BlocksOfThread = 500;

    [Fact]
    public void BlocksOfThreadsThatDiedAreEndedByOthers()
    {
        MembufHeap heap = NewMembufHeap();
        EndLedger ledger = new(heap, Threads * BlocksOfThread);
        ConcurrentBag<nint> left = [];
        for (int i = 0; i < Threads; i++)
        {
            int first = i * BlocksOfThread;
            OnThread.Run(() => AllocateAndDie(ledger, left, first));
        }

        Action[] ends = [.. Enumerable.Range(0, 2).Select(_ => OnThread.Start(() => ReleaseAll(heap, left)))];
        Collect(heap);
        Array.ForEach(ends, static end => end());
        Collect(heap);

        ledger.RequireAllEnded();
        Assert.Equal(0, heap.Statistics.LiveBlocks);
        Assert.Equal(0, heap.Statistics.Threads);
        heap.Verify();
    }

    [Fact]
    public void MemoryOfThreadThatDiedIsUsedByTheNext()
    {
        MembufHeap heap = NewMembufHeap();
        EndLedger ledger = new(heap, BlocksOfThread);
        ConcurrentBag<nint> left = [];
        OnThread.Run(() => AllocateAndDie(ledger, left, 0));
        Collect(heap);
        Assert.Equal(1, heap.Statistics.Orphans);
        HashSet<nint> before = [.. left];
        ReleaseAll(heap, left);
        ledger.RequireAllEnded();

        List<nint> after = [];
        OnThread.Run(() => after.AddRange(Enumerable.Range(0, BlocksOfThread).Select(_ => heap.Alloc(64))));
        Assert.Contains(after, before.Contains);
        after.ForEach(block => heap.Deref(block));
        Collect(heap);
        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    // The references are left with the blocks.
    private static void AllocateAndDie(EndLedger ledger, ConcurrentBag<nint> left, int first)
    {
        for (int i = 0; i < BlocksOfThread; i++)
        {
            left.Add(ledger.Alloc(first + i));
        }
    }

    private static void ReleaseAll(MembufHeap heap, ConcurrentBag<nint> left)
    {
        while (left.TryTake(out nint block))
        {
            heap.Ref(block);
            _ = EndLedger.NumberOf(block);
            heap.Deref(block);
            heap.Deref(block);
        }

        _ = heap.Detach();
    }

    // What says that a thread is gone takes a collection or two.
    private static void Collect(MembufHeap heap)
    {
        for (int i = 0; i < 50 && heap.Statistics.Threads > 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
