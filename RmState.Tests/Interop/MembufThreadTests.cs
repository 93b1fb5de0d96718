using System.Runtime.CompilerServices;
using Rm.Interop;
using Rm.Membufs;

namespace Rm.Tests.Interop;

/// <summary>Owners and chains that end elsewhere than they began, and threads that come and go without a word.</summary>
public sealed class MembufThreadTests : MembufChecked
{
    [Fact]
    public async Task OwnersAndChainsEndOnTheThreadPool()
    {
        using var pool = new MembufMemoryPool(Heap);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            MembufOwner owner = pool.RentOwner(i);
            await Task.Yield();
            var chain = new MembufChain(Heap);
            chain.Append(owner.Membuf);
            await Task.Yield();
            owner.Dispose();
            MembufChain clone = chain.Clone();
            await Task.Yield();
            chain.Dispose();
            await Task.Run(clone.Dispose);
        }));
        Assert.Equal(0, pool.Rented);
        Assert.Equal(0, Heap.GetReport().Blocks);
    }

    [Fact]
    public void ThreadsThatComeAndGoLoseNothing()
    {
        const int generations = 6;
        const int threads = 8;
        using var pool = new MembufMemoryPool(Heap);
        List<nuint> committed = [];
        for (int generation = 0; generation < generations; generation++)
        {
            RunThreads(pool, threads);
            CollectThreads();
            committed.Add(Heap.Arena.Statistics.CommittedBytes);
        }

        // The homes of those that are gone wait for the next; without that there would be one more for each thread.
        MembufHeapStatistics statistics = Heap.Statistics;
        Assert.InRange(statistics.Threads + statistics.Orphans, 1, 2 * threads);
        Assert.Equal(0, statistics.LiveBlocks);
        Assert.InRange(committed[^1], (nuint)1, 2 * committed[0]);
        Assert.InRange(pool.Shelves, 1, 2 * threads);
        Assert.Equal(0, pool.Rented);
    }

    // Every thread ends owners of the one before it, and leaves some to the next.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunThreads(MembufMemoryPool pool, int count)
    {
        List<MembufOwner> left = [];
        for (int i = 0; i < count; i++)
        {
            List<MembufOwner> mine = [];
            List<MembufOwner> theirs = left;
            var thread = new Thread(() =>
            {
                for (int n = 0; n < 100; n++)
                {
                    mine.Add(pool.RentOwner(n * 40));
                    pool.Rent(n).Dispose();
                }

                theirs.ForEach(static owner => owner.Dispose());
            });
            thread.Start();
            thread.Join();
            left = mine;
        }

        left.ForEach(static owner => owner.Dispose());
    }

    // A thread is collected after its finalizer, and its home handed on by another one.
    private void CollectThreads()
    {
        for (int i = 0; i < 20 && Heap.Statistics is not { Threads: 0, LiveBlocks: 0 }; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
