using System.Runtime.CompilerServices;
using Rm.Arenas;
using Rm.Membufs;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Membufs;

/// <summary>Blocks on many threads, threads that leave, and threads that just end.</summary>
public sealed unsafe class MembufThreadTests : LeakChecked
{
    // T-MB1.
    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(16)]
    public void HoldersOnManyThreadsReleaseInAnyOrderAndTheLastFreesOnce(int threads)
    {
        const int rounds = 2000;
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { CountsReferences = threads == 5 });
        int[] ended = new int[rounds];
        MembufPolicy policy = heap.Register((block, _) => Interlocked.Increment(ref ended[*(int*)block]));
        nint[] blocks = new nint[rounds];
        for (int i = 0; i < rounds; i++)
        {
            blocks[i] = heap.Alloc((nuint)(4 + (i % 300)), 0, policy);
            *(int*)blocks[i] = i;
            for (int holder = 0; holder < threads; holder++)
            {
                heap.Ref(blocks[i]);
            }
        }

        using var start = new Barrier(threads + 1);
        Action[] others = [.. Enumerable.Range(0, threads).Select(seed => OnThread.Start(() =>
        {
            nint[] own = [.. blocks];
            new Random(seed).Shuffle(own);
            start.SignalAndWait();
            foreach (nint block in own)
            {
                heap.Ref(block);
                Assert.Equal(0, Volatile.Read(ref ended[*(int*)block]));
                heap.Deref(block);
                heap.Deref(block);
            }
        }))];
        start.SignalAndWait();
        foreach (nint block in blocks)
        {
            heap.Deref(block);
        }

        Assert.All(others, static join => join());
        heap.Settle();
        Assert.All(ended, static times => Assert.Equal(1, times));
        Assert.Equal(0, heap.Statistics.LiveBlocks);
        heap.Verify();
    }

    [Fact]
    public void BlocksAreMadeOnOneThreadAndEndOnAnother()
    {
        const int rounds = 50_000;
        MembufHeap heap = NewMembufHeap();
        using var queue = new System.Collections.Concurrent.BlockingCollection<nint>(256);
        int ended = 0;
        MembufPolicy policy = heap.Register((_, _) => ended++);
        Action consumer = OnThread.Start(() =>
        {
            foreach (nint block in queue.GetConsumingEnumerable())
            {
                Assert.Equal(4711, *(int*)block);
                Assert.Equal(0, heap.Deref(block));
            }
        });
        for (int i = 0; i < rounds; i++)
        {
            nint block = i % 2 == 0 ? heap.Alloc(100) : heap.Alloc(100, 0, policy);
            *(int*)block = 4711;
            queue.Add(block);
        }

        queue.CompleteAdding();
        consumer();
        heap.Settle();
        Assert.Equal((rounds / 2, 0L), (ended, heap.Statistics.LiveBlocks));

        // What others freed was used again.
        Assert.InRange(heap.Arena.CommittedBytes, 0u, 4u << 20);
        heap.Verify();
    }

    [Fact]
    public void StaleHandlesNeverCountOnLaterBlocks()
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef published = default;
        int stop = 0;
        var gate = new Lock();
        Action[] readers = [.. Enumerable.Range(0, 2).Select(_ => OnThread.Start(() =>
        {
            while (Volatile.Read(ref stop) == 0)
            {
                MembufRef seen;
                lock (gate)
                {
                    seen = published;
                }

                // Nobody holds it here, so it may be gone at any moment; it must not be another's then.
                Exception? refused = Record.Exception(() => seen.IsAlive ? seen.Size : 0);
                Assert.True(refused is null or StaleReferenceException, refused?.ToString());
            }
        }))];
        for (int i = 0; i < 30_000; i++)
        {
            MembufRef made = heap.AllocRef(48);
            lock (gate)
            {
                published = made;
            }

            Assert.Equal(1, made.RefCount);
            Assert.Equal(0, made.Deref());
        }

        Volatile.Write(ref stop, 1);
        Assert.All(readers, static join => join());
        heap.Verify();
    }

    [Fact]
    public void DetachHandsMemoryAndBlocksOn()
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(100);
        heap.Ref(block);
        MembufRef handle = heap.HandleOf(block);

        Assert.True(heap.Detach());
        Assert.False(heap.Detach());
        Assert.False(heap.Settle());
        Assert.Equal((0, 1), (heap.Statistics.Threads, heap.Statistics.Orphans));
        Assert.Equal((2L, 2L), (heap.RefCount(block), handle.RefCount));
        Assert.Equal(3, heap.Ref(block));
        OnThread.Run(() => Assert.Equal(2, heap.Deref(block)));
        Assert.Equal(1, heap.Deref(block));
        Assert.Equal(0, handle.Deref());
        Assert.Equal(0, heap.Statistics.LiveBlocks);
        heap.Verify();
    }

    [Fact]
    public void ThreadThatDetachedMayComeBack()
    {
        MembufHeap heap = NewMembufHeap();
        for (int i = 0; i < 20; i++)
        {
            nint block = heap.Alloc(100);
            nint kept = heap.Alloc(100);
            Assert.Equal(0, heap.Deref(block));
            Assert.True(heap.Detach());
            Assert.Equal(0, heap.Deref(kept));
            Assert.Equal((0, 1), (heap.Statistics.Threads, heap.Statistics.Orphans));
        }

        // Each time it took its old memory over.
        Assert.Single(heap.Arena.Pools);
        heap.Verify();
    }

    [Fact]
    public void NewThreadTakesAnOrphansMemoryOver()
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(100);
        nint kept = heap.Alloc(100);
        heap.Deref(block);
        heap.Detach();

        OnThread.Run(() =>
        {
            HashSet<nint> made = [.. Enumerable.Range(0, 100).Select(_ => heap.Alloc(100))];
            Assert.Contains(block, made);
            Assert.DoesNotContain(kept, made);
            Assert.Equal((1, 0), (heap.Statistics.Threads, heap.Statistics.Orphans));
            Assert.All(made, b => Assert.Equal(0, heap.Deref(b)));
            Assert.Equal(0, heap.Deref(kept));
            heap.Detach();
        });
        Assert.Single(heap.Arena.Pools);
        Assert.Equal(0, heap.Statistics.LiveBlocks);
        heap.Verify();
    }

    [Fact]
    public void BlocksOfAThreadThatDetachedAreFreeAtOnce()
    {
        MembufHeap heap = NewMembufHeap();
        nint[] blocks = [];
        OnThread.Run(() =>
        {
            blocks = [.. Enumerable.Range(0, 500).Select(i => heap.Alloc((nuint)(i * 200)))];
            heap.Detach();
        });
        Assert.All(blocks, block => Assert.Equal(0, heap.Deref(block)));

        // Nobody had to read any mail.
        Assert.Equal(0, heap.Statistics.LiveBlocks);
        Assert.Equal(0u, heap.GetMap().UsedBytes);
    }

    [Fact]
    public void ThreadThatDiesHoldingIsFollowedByItsHolders()
    {
        MembufHeap heap = NewMembufHeap();
        int ended = 0;
        MembufPolicy policy = heap.Register((_, _) => Interlocked.Increment(ref ended));
        nint[] blocks = DieHolding(heap, policy);

        // Released by another thread, before anybody knows that the owner is gone or after.
        Assert.Equal(1, heap.Deref(blocks[0]));
        Assert.Equal(0, heap.Deref(blocks[0]));
        AwaitOrphan(heap);
        Assert.Equal((0, 1), (heap.Statistics.Threads, heap.Statistics.Orphans));
        Assert.Equal(2, heap.RefCount(blocks[1]));
        Assert.Equal(3, heap.Ref(blocks[1]));
        for (int i = 1; i < blocks.Length; i++)
        {
            while (heap.Deref(blocks[i]) > 0)
            {
            }
        }

        Assert.Equal((3, 0L), (ended, heap.Statistics.LiveBlocks));
        Assert.Equal(0u, heap.GetMap().UsedBytes);
        heap.Verify();
    }

    [Fact]
    public void NewThreadTakesADeadOnesMemoryOver()
    {
        MembufHeap heap = NewMembufHeap();
        nint[] blocks = DieHolding(heap, heap.Register((_, _) => { }));
        AwaitOrphan(heap);
        heap.Deref(heap.Alloc(100));

        Assert.Equal((1, 0), (heap.Statistics.Threads, heap.Statistics.Orphans));
        Assert.Single(heap.Arena.Pools);
        foreach (nint block in blocks)
        {
            Assert.Equal(1, heap.Deref(block));
            Assert.Equal(0, heap.Deref(block));
        }

        heap.Verify();
    }

    [Fact]
    public void CollectingAThreadThatDetachedChangesNothing()
    {
        MembufHeap heap = NewMembufHeap();
        OnThread.Run(() =>
        {
            heap.Deref(heap.Alloc(100));
            heap.Detach();
        });
        nint own = heap.Alloc(100);
        for (int i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal((1, 0), (heap.Statistics.Threads, heap.Statistics.Orphans));
        Assert.Equal(2, heap.Ref(own));
        heap.Deref(own);
        heap.Deref(own);
    }

    // What is left to a thread by others runs when it looks, and what it throws surfaces there.
    [Fact]
    public void SettleRunsWhatWasLeftToTheThread()
    {
        MembufHeap heap = NewMembufHeap();
        int ended = 0;
        MembufPolicy policy = heap.Register((_, _) =>
        {
            ended++;
            throw new FormatException();
        });
        foreach (Action settle in new Action[] { () => heap.Settle(), () => heap.Alloc(10), () => heap.Detach() })
        {
            nint block = heap.Alloc(100, 0, policy);
            heap.Ref(block);
            OnThread.Run(() => Assert.Equal(1, heap.Deref(block)));
            MembufRecords.SetLocalCount(heap, block, 1);
            Assert.Throws<FormatException>(settle);
        }

        Assert.Equal((3, 0L), (ended, heap.Statistics.LiveBlocks));
        heap.Verify();
    }

    // The owner's home is busy while its arena calls out; then it is refused, and nothing breaks.
    [Fact]
    public void UseByTheArenasOwnCallbackIsRefused()
    {
        Arena arena = NewArena();
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { Arena = arena });
        nint kept = heap.Alloc(100, 0, heap.Register((_, _) => { }));
        heap.Ref(kept);
        List<Exception?> refused = [];
        arena.Grown += (_, _) =>
        {
            refused.Add(Record.Exception(() => heap.Alloc(10_000)));
            refused.Add(Record.Exception(() => heap.Trim()));
            refused.Add(Record.Exception(heap.Dispose));

            // Counting is not allocating.
            Assert.Equal(3, heap.Ref(kept));
            Assert.Equal(2, heap.Deref(kept));
        };
        nint large = heap.Alloc(3 << 20);

        Assert.Equal(3, refused.Count);
        Assert.All(refused, static e => Assert.IsType<ConcurrentUseException>(e));
        heap.Deref(large);
        heap.Deref(kept);
        heap.Deref(kept);
        heap.Verify();
    }

    [Fact]
    public void ManyThreadsComeAndGo()
    {
        MembufHeap heap = NewMembufHeap();
        var kept = new System.Collections.Concurrent.ConcurrentBag<nint>();
        for (int round = 0; round < 8; round++)
        {
            Action[] threads = [.. Enumerable.Range(0, 8).Select(i => OnThread.Start(() =>
            {
                for (int j = 0; j < 500; j++)
                {
                    kept.Add(heap.Alloc((nuint)((i * 37) + j)));
                    if (kept.TryTake(out nint block))
                    {
                        heap.Deref(block);
                    }
                }

                if (i % 2 == 0)
                {
                    heap.Detach();
                }
            }))];
            Assert.All(threads, static join => join());
            heap.Verify();
        }

        while (kept.TryTake(out nint block))
        {
            Assert.Equal(0, heap.Deref(block));
        }

        Assert.Equal(0, heap.GetReport().Blocks);
        heap.Verify();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nint[] DieHolding(MembufHeap heap, MembufPolicy policy)
    {
        nint[] blocks = [];
        OnThread.Run(() =>
        {
            blocks = [heap.Alloc(100, 0, policy), heap.Alloc(100, 0, policy), heap.Alloc(100_000, 0, policy)];
            Assert.All(blocks, block => heap.Ref(block));
        });
        return blocks;
    }

    private static void AwaitOrphan(MembufHeap heap)
    {
        for (int i = 0; i < 500 && heap.Statistics.Orphans == 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
