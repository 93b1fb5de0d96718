using System.Runtime.CompilerServices;
using Rm.Arenas;
using Rm.Membufs;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Membufs;

/// <summary>A heap's end, by every policy, with blocks in every condition.</summary>
public sealed unsafe class MembufDisposeTests : LeakChecked
{
    [Fact]
    public void FreeEndsEveryBlockOnceAndReportsFirst()
    {
        List<string> order = [];
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions
        {
            Name = "frames",
            OnLeak = report => order.Add(report.ToString()),
        });
        MembufPolicy policy = heap.Register((block, size) => order.Add($"{size} {*(byte*)block}"));
        nint small = heap.Alloc(100, 0, policy);
        nint large = heap.Alloc(5 << 20, 0, policy);
        nint dead = heap.Alloc(50, 0, policy);
        _ = heap.Alloc(10);
        (*(byte*)small, *(byte*)large, *(byte*)dead) = (1, 2, 3);
        heap.Ref(small);
        heap.Deref(dead);
        heap.Dispose();
        heap.Dispose();

        Assert.Equal("50 3", order[0]);
        Assert.StartsWith("membuf heap 'frames': 3 blocks live, 5242990 bytes", order[1]);
        Assert.Contains("100 bytes, 2 references", order[1], StringComparison.Ordinal);
        Assert.Equal(["100 1", "5242880 2"], order[2..].Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.True(heap.IsDisposed);
        Assert.True(heap.Arena.IsDisposed);
    }

    [Fact]
    public void AbandonLeavesTheBlocksBytesAndRunsNothing()
    {
        Arena arena = NewArena();
        int ended = 0;
        MembufReport? report = null;
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions
        {
            Arena = arena,
            DisposePolicy = RmDisposePolicy.Abandon,
            OnLeak = r => report = r,
        });
        nint block = heap.Alloc(100, 0, heap.Register((_, _) => ended++));
        *(int*)block = 4711;
        heap.Dispose();

        Assert.Equal((4711, 0), (*(int*)block, ended));
        Assert.Equal(new MembufInfo(block, 100, 1), Assert.Single(report!.Oldest));
        Assert.Throws<ObjectDisposedException>(() => heap.Deref(block));
    }

    [Fact]
    public void ThrowIfLiveRefusesAndChangesNothing()
    {
        int reports = 0;
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { DisposePolicy = RmDisposePolicy.ThrowIfLive, OnLeak = _ => reports++ });
        nint block = heap.Alloc(100);
        Assert.Throws<LiveBlocksException>(heap.Dispose);
        Assert.Throws<LiveBlocksException>(heap.Dispose);

        Assert.False(heap.IsDisposed);
        Assert.Equal(2, heap.Ref(block));
        heap.Deref(heap.Alloc(10));
        heap.Deref(block);
        heap.Deref(block);
        heap.Dispose();
        Assert.Equal((true, 0), (heap.IsDisposed, reports));
    }

    [Fact]
    public void NothingIsReportedWhenNothingLives()
    {
        int reports = 0;
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { OnLeak = _ => reports++ });
        nint block = heap.Alloc(100);
        OnThread.Run(() => heap.Deref(block));
        heap.Dispose();

        Assert.Equal(0, reports);
    }

    // Each of a thousand blocks holds its neighbours, so most are given back more often than they live.
    [Fact]
    public void OnFreesMayReleaseEachOthersBlocksDuringDispose()
    {
        MembufHeap heap = NewMembufHeap();
        Dictionary<nint, int> ended = [];
        List<MembufRef> handles = [];
        MembufPolicy policy = heap.Register((block, _) =>
        {
            ended[block] = ended.GetValueOrDefault(block) + 1;
            nint next = *(nint*)block;
            Assert.Equal(0, heap.Deref(next));
            Assert.Equal(0, heap.Deref(ref *(nint*)block));
            MembufRef handle = handles[ended.Count % handles.Count];
            Assert.Equal(0, handle.Deref());
            Assert.Equal(0, MembufRef.Deref(ref handle));
            Assert.Throws<ObjectDisposedException>(() => heap.Alloc(1));
            Assert.Throws<ObjectDisposedException>(() => heap.Ref(block));
            Assert.Throws<ObjectDisposedException>(() => heap.Deref(1));
        });
        nint first = 0;
        for (int i = 0; i < 1000; i++)
        {
            MembufRef handle = heap.AllocRef(64, 0, policy);
            *(nint*)handle.Block = first;
            first = handle.Block;
            handles.Add(handle);
        }

        heap.Dispose();

        Assert.Equal(1000, ended.Count);
        Assert.All(ended.Values, static times => Assert.Equal(1, times));
    }

    [Fact]
    public void ExceptionsOfOnFreesSurfaceAfterEverythingIsDone()
    {
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { OnLeak = static _ => throw new FormatException("leak") });
        int ended = 0;
        MembufPolicy policy = heap.Register((_, _) =>
        {
            ended++;
            throw new FormatException("end");
        });
        for (int i = 0; i < 3; i++)
        {
            _ = heap.Alloc(64, 0, policy);
        }

        AggregateException e = Assert.Throws<AggregateException>(heap.Dispose);
        Assert.Equal(["leak", "end", "end", "end"], e.InnerExceptions.Select(static inner => inner.Message), StringComparer.Ordinal);
        Assert.Equal((3, true, true), (ended, heap.IsDisposed, heap.Arena.IsDisposed));
        heap.Dispose();
    }

    [Fact]
    public void DisposeByAnOnFreeIsRefused()
    {
        MembufHeap heap = NewMembufHeap();
        int ended = 0;
        nint last = heap.Alloc(64, 0, heap.Register((_, _) => ended++));
        nint block = heap.Alloc(64, 0, heap.Register((_, _) =>
        {
            heap.Deref(last);
            Assert.Throws<ConcurrentUseException>(heap.Dispose);
        }));
        heap.Deref(block);

        Assert.Equal((1, false), (ended, heap.IsDisposed));
    }

    // A block whose last references went on two threads at once, and that its owner has not looked at since.
    [Fact]
    public void BlocksThatNobodyHasEndedYetEndOnce()
    {
        int reports = 0;
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { OnLeak = _ => reports++ });
        int ended = 0;
        nint block = heap.Alloc(64, 0, heap.Register((_, _) => ended++));
        heap.Ref(block);
        OnThread.Run(() => Assert.Equal(1, heap.Deref(block)));
        MembufRecords.SetLocalCount(heap, block, 1);
        heap.Dispose();

        Assert.Equal((1, 0), (ended, reports));
    }

    [Fact]
    public void DisposeWaitsForNobodyAndOthersFailCleanly()
    {
        for (int round = 0; round < 60; round++)
        {
            MembufHeap heap = NewMembufHeap();
            using var started = new CountdownEvent(2);
            Action[] others = [.. Enumerable.Range(0, 2).Select(i => OnThread.Start(() =>
            {
                List<nint> blocks = [];
                started.Signal();
                try
                {
                    for (int j = 0; ; j++)
                    {
                        blocks.Add(heap.Alloc((nuint)((j % 50) * 97), i == 0 ? 0u : 32u));
                        if (blocks.Count == 40)
                        {
                            blocks.ForEach(block => heap.Deref(block));
                            blocks.Clear();
                        }
                    }
                }
                catch (ObjectDisposedException)
                {
                    // As promised.
                }
            }))];
            started.Wait();
            Thread.SpinWait(round * 1000);
            heap.Dispose();
            Assert.All(others, static join => join());
        }
    }

    [Fact]
    public void ArenaThatIsSharedGoesOn()
    {
        Arena arena = NewArena();
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { Arena = arena });
        OnThread.Run(() => heap.Alloc(100));
        _ = heap.Alloc(200_000);
        _ = heap.Alloc(4 << 20);
        heap.Dispose();

        Assert.False(arena.IsDisposed);
        Assert.Empty(arena.Pools);
        Assert.Equal(arena.SpareBytes, arena.CommittedBytes);
    }

    // The thread that used it may live on.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CollectedHeapReportsWhatLived(bool onThreadThatEnds)
    {
        var reports = new List<MembufReport>();
        if (onThreadThatEnds)
        {
            OnThread.Run(() => Forget(reports));
        }
        else
        {
            Forget(reports);
        }

        for (int i = 0; i < 200 && Volatile.Read(ref reports) is { Count: 0 }; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        MembufReport report = Assert.Single(reports);
        Assert.Equal(("forgotten", 2, 300u), (report.Heap, report.Blocks, report.Bytes));
    }

    [Fact]
    public void CollectedHeapWithoutBlocksOrAfterDisposeIsSilent()
    {
        // One is counted: the heap that lives when it is disposed.
        int reports = 0;
        WeakReference gone = ForgetEmpty(_ => reports++);
        WeakReference disposed = ForgetDisposed(_ => reports++);
        for (int i = 0; i < 200 && (gone.IsAlive || disposed.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        GC.WaitForPendingFinalizers();
        Assert.Equal((false, false), (gone.IsAlive, disposed.IsAlive));
        Assert.Equal(1, reports);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(List<MembufReport> reports)
    {
        // Its pages stay: somebody may use them.
        var heap = new MembufHeap(new MembufHeapOptions { Name = "forgotten", OnLeak = reports.Add });
        _ = heap.Alloc(100);
        _ = heap.Alloc(200);
        heap.Deref(heap.Alloc(300));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference ForgetEmpty(Action<MembufReport> listener)
    {
        WeakReference? weak = null;
        OnThread.Run(() =>
        {
            var heap = new MembufHeap(new MembufHeapOptions { OnLeak = listener });
            heap.Deref(heap.Alloc(300));
            heap.Arena.Dispose();
            weak = new WeakReference(heap);
        });
        return weak!;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference ForgetDisposed(Action<MembufReport> listener)
    {
        WeakReference? weak = null;
        OnThread.Run(() =>
        {
            var heap = new MembufHeap(new MembufHeapOptions { OnLeak = listener });
            _ = heap.Alloc(300);
            heap.Dispose();
            weak = new WeakReference(heap);
        });
        return weak!;
    }
}
