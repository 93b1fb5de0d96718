using System.Runtime.InteropServices;
using Rm.Membufs;
using Rm.Tests.Faults;

namespace Rm.Tests.Membufs;

/// <summary>What Liquorice's membuf promises, one test a promise; docs/from-membuf.md lists them.</summary>
public sealed unsafe class MembufSeedTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TMb1ProducerAndConsumerMayBeLastInEitherOrder(bool consumerFirst)
    {
        const int blocks = 1_000_000;
        using var heap = new MembufHeap();
        int ended = 0;
        MembufPolicy policy = heap.Register((_, _) => Interlocked.Increment(ref ended));
        var ring = new nint[256];
        int filled = 0;
        int done = 0;
        long lasts = 0;

        Action consumer = OnThread.Start(() =>
        {
            for (int i = 0; i < blocks; i++)
            {
                SpinWait.SpinUntil(() => Volatile.Read(ref filled) > i);
                nint block = ring[i % ring.Length];
                Assert.Equal(i, *(int*)block);
                if (consumerFirst)
                {
                    heap.Ref(block);
                    Assert.True(heap.Deref(block) > 0);
                }

                Interlocked.Add(ref lasts, heap.Deref(block) == 0 ? 1 : 0);
                Volatile.Write(ref done, i + 1);
            }

            heap.Detach();
        });
        Action producer = OnThread.Start(() =>
        {
            for (int i = 0; i < blocks; i++)
            {
                nint block = heap.Alloc(64, 0, policy);
                *(int*)block = i;
                heap.Ref(block);
                SpinWait.SpinUntil(() => i - Volatile.Read(ref done) < ring.Length);
                ring[i % ring.Length] = block;
                Volatile.Write(ref filled, i + 1);
                if (consumerFirst && i % 4096 == 0)
                {
                    SpinWait.SpinUntil(() => Volatile.Read(ref done) > i);
                }

                Interlocked.Add(ref lasts, heap.Deref(block) == 0 ? 1 : 0);
            }

            heap.Settle();
            heap.Detach();
        });
        producer();
        consumer();

        Assert.Equal(blocks, ended);

        // Released at the very same moment, both may find it gone, or each the other's left; it ends once.
        Assert.InRange(lasts, 1, 2 * blocks);
        Assert.Equal(0, heap.GetReport().Blocks);
        heap.Verify();
    }

    [Fact]
    public void TMb2DerefReturnsWhatRemains()
    {
        using var heap = new MembufHeap();
        nint block = heap.Alloc(10);
        heap.Ref(block);
        heap.Ref(block);
        Assert.Equal([2L, 1L, 0L], [heap.Deref(block), heap.Deref(block), heap.Deref(block)]);
    }

    [Fact]
    public void TMb3RefCountIsOneAndGrowsByOne()
    {
        using var heap = new MembufHeap();
        nint block = heap.Alloc(10);
        Assert.Equal(1, heap.RefCount(block));
        Assert.Equal(2, heap.Ref(block));
        Assert.Equal(2, heap.RefCount(block));
    }

    [Fact]
    public void TMb4OnFreeRunsOnceOnTheThreadOfTheLastReleaseAndMayUseTheHeap()
    {
        using var heap = new MembufHeap();
        var threads = new List<int>();
        nint other = heap.Alloc(8);
        MembufPolicy policy = heap.Register((block, size) =>
        {
            threads.Add(Environment.CurrentManagedThreadId);
            Assert.Equal(0x77, *(byte*)block);
            Assert.Equal(100u, size);
            heap.Ref(other);
            heap.Deref(heap.Alloc(100));
            heap.Deref(other);
        });
        nint shared = heap.Alloc(100, 0, policy);
        *(byte*)shared = 0x77;
        int last = 0;
        OnThread.Run(() =>
        {
            last = Environment.CurrentManagedThreadId;
            Assert.Equal(0, heap.Deref(shared));
        });

        Assert.Equal([last], threads);
        Assert.Equal(1, heap.RefCount(other));
    }

    [Fact]
    public void TMb5NoCallbackIsAllowed()
    {
        using var heap = new MembufHeap();
        Assert.Equal(0, heap.Deref(heap.Alloc(10, 0)));
    }

    [Fact]
    public void TMb6ACallbackMayReleaseFiveOthersOfWhichSharedOnesSurvive()
    {
        using var heap = new MembufHeap();
        MembufPolicy parts = heap.Register((block, _) =>
        {
            foreach (nint part in new ReadOnlySpan<nint>((void*)block, 5))
            {
                heap.Deref(part);
            }
        });
        nint net = heap.Alloc(5 * (nuint)sizeof(nint), 0, parts);
        var held = new Span<nint>((void*)net, 5);
        foreach (ref nint part in held)
        {
            part = heap.Alloc(200);
        }

        nint kept = held[2];
        heap.Ref(kept);

        Assert.Equal(0, heap.Deref(net));
        Assert.Equal(1, heap.RefCount(kept));
        Assert.Equal(1, heap.Statistics.LiveBlocks);
        heap.Deref(kept);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TMb7ACloneReferencesEachPartAndEitherMayGoFirst(bool originalFirst)
    {
        using var heap = new MembufHeap();
        nint[] original = [heap.Alloc(10), heap.Alloc(20), heap.Alloc(30)];
        nint[] clone = [.. original];
        Array.ForEach(clone, part => heap.Ref(part));
        (nint[] first, nint[] second) = originalFirst ? (original, clone) : (clone, original);

        Assert.All(first, part => Assert.Equal(1, heap.Deref(part)));
        Assert.All(second, part => Assert.Equal(0, heap.Deref(part)));
        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    [Fact]
    public void TMb8WhatWasTakenIsWhatWasGivenBack()
    {
        using var heap = new MembufHeap(new MembufHeapOptions { CountsReferences = true });
        var random = new Random(1);
        var held = new List<nint>();
        for (int i = 0; i < 2000; i++)
        {
            switch (held.Count == 0 ? 0 : random.Next(3))
            {
                case 0:
                    held.Add(heap.Alloc((nuint)random.Next(500)));
                    break;
                case 1:
                    nint again = held[random.Next(held.Count)];
                    heap.Ref(again);
                    held.Add(again);
                    break;
                default:
                    int place = random.Next(held.Count);
                    heap.Deref(held[place]);
                    held.RemoveAt(place);
                    break;
            }
        }

        heap.Verify();
        MembufHeapStatistics now = heap.Statistics;
        Assert.Equal(held.Count, now.Allocations + now.References - now.Releases);

        held.ForEach(block => heap.Deref(block));
        now = heap.Statistics;
        Assert.Equal(now.Allocations + now.References, now.Releases);
        heap.Verify();
    }

    [Fact]
    public void TMb9AUniqueBlockMayBeChanged()
    {
        using var heap = new MembufHeap();
        nint block = heap.Alloc(8);
        Assert.True(heap.IsUnique(block));
        heap.Ref(block);
        Assert.False(heap.IsUnique(block));
        OnThread.Run(() =>
        {
            *(long*)block = 42;
            heap.Deref(block);
        });
        Assert.True(heap.IsUnique(block));
        Assert.Equal(42, *(long*)block);
        heap.Deref(block);
    }

    [Fact]
    public void TMb11TheCalledMayReleaseItsOwnReferenceMeanwhile()
    {
        using var heap = new MembufHeap();
        nint block = heap.Alloc(8);
        heap.Ref(block);
        OnThread.Run(() => Assert.Equal(1, heap.Deref(block)));
        Assert.Equal(1, heap.RefCount(block));
        Assert.Equal(0, heap.Deref(block));
    }

    [Fact]
    public void TMb10TheViewIsTheSameInTheEndAndARegionAdds()
    {
        const int bytes = 1 << 20;
        void* memory = NativeMemory.AlignedAlloc(bytes, 64 * 1024);
        using (var heap = new MembufHeap())
        {
            heap.AddRegion((nint)memory, bytes);
            UseAndFree(heap, bytes);
        }

        NativeMemory.AlignedFree(memory);
    }

    private static void UseAndFree(MembufHeap heap, nuint bytes)
    {
        MembufMap start = heap.GetMap();
        Assert.Equal(bytes, start.FreeBytes);

        nint[] blocks = [.. Enumerable.Range(1, 300).Select(i => heap.Alloc((nuint)i * 10))];
        Assert.True(heap.GetMap().UsedBytes >= 300 * 301 / 2 * 10);

        Array.ForEach(blocks, block => heap.Deref(block));
        heap.Trim();
        MembufMap end = heap.GetMap();
        Assert.Equal(0u, end.UsedBytes);
        Assert.Equal(start.FreeRegions, end.FreeRegions);
    }

    [Fact]
    public void TMb12ABlockIsShrunkInPlace()
    {
        using var heap = new MembufHeap();
        nint block = heap.Alloc(1 << 20);
        *(long*)block = 42;
        Assert.True(heap.Shrink(block, 100_000) > 0);
        Assert.Equal(100_000u, heap.SizeOf(block));
        Assert.Equal(42, *(long*)block);
        Assert.Equal(0, heap.Deref(block));
    }
}
