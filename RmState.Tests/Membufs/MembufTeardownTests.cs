using Rm.Arenas;
using Rm.Membufs;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Membufs;

/// <summary>A heap that is disposed while other threads use it: they are told, and blocks that live have their onFree once.</summary>
public sealed class MembufTeardownTests : LeakChecked
{
    private const int Threads = 4;
    private const int Kept = 50;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ThreadsInTheMiddleOfThingsAreTold(bool ownArena)
    {
        for (int round = 0; round < 20; round++)
        {
            Arena? arena = ownArena ? null : NewArena();
            MembufHeap heap = NewMembufHeap(new MembufHeapOptions { Arena = arena });
            EndLedger ledger = new(heap, Threads * Kept);
            nint[] shared = new nint[Threads * Kept];
            using CountdownEvent under = new(Threads);
            Action[] ends = [.. Enumerable.Range(0, Threads).Select(i => OnThread.Start(() => UseUntilDisposed(heap, ledger, shared, i, under)))];
            under.Wait();
            Thread.SpinWait(round * 500);
            heap.Dispose();
            Array.ForEach(ends, static end => end());

            ledger.RequireAllEnded();
            Assert.Equal(0, heap.Statistics.Orphans);
            Assert.Throws<ObjectDisposedException>(() => heap.Alloc(16));
            Assert.Throws<ObjectDisposedException>(() => heap.Ref(shared[0]));
            arena?.Verify();
        }
    }

    // Never touches the bytes of a block, and releases the last reference of none that has an onFree.
    private static void UseUntilDisposed(MembufHeap heap, EndLedger ledger, nint[] shared, int thread, CountdownEvent under)
    {
        for (int i = 0; i < Kept; i++)
        {
            shared[(thread * Kept) + i] = ledger.Alloc((thread * Kept) + i);
        }

        under.Signal();
        under.Wait();
        var random = new Random(thread);
        try
        {
            while (true)
            {
                nint own = heap.Alloc((nuint)random.Next(40_000));
                nint others = shared[random.Next(shared.Length)];
                heap.Ref(others);
                heap.Ref(own);
                heap.Deref(others);
                heap.Deref(own);
                heap.Deref(own);
            }
        }
        catch (ObjectDisposedException)
        {
            // As promised.
        }
    }
}
