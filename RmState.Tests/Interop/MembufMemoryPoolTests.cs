using System.Buffers;
using System.IO.Pipelines;
using Rm.Arenas;
using Rm.Interop;
using Rm.Membufs;

namespace Rm.Tests.Interop;

public sealed class MembufMemoryPoolTests : MembufChecked
{
    [Fact]
    public void ARentOfNoSizeHasTheDefault()
    {
        using var pool = new MembufMemoryPool(Heap);
        using IMemoryOwner<byte> owner = pool.Rent();
        Assert.Equal(MembufMemoryPool.DefaultBufferSize, owner.Memory.Length);
        Assert.Equal(1, pool.Rented);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4097)]
    [InlineData(1 << 20)]
    public void ARentHasTheSizeAskedFor(int size)
    {
        using var pool = new MembufMemoryPool(Heap);
        using MembufOwner owner = pool.RentOwner(size);
        owner.GetSpan().Fill(1);
        Assert.Equal(size, owner.Memory.Length);
        Assert.Equal((nuint)size, owner.Membuf.Size);
    }

    [Fact]
    public void SizesOutOfRangeAreRefused()
    {
        using var pool = new MembufMemoryPool(Heap);
        Assert.Equal(int.MaxValue, pool.MaxBufferSize);
        Assert.Throws<ArgumentOutOfRangeException>("minBufferSize", () => pool.Rent(-2));
        Assert.Throws<ArgumentNullException>("heap", () => new MembufMemoryPool(null!));
        Assert.Equal(0, pool.Rented);
    }

    [Fact]
    public void ARentThatFailsIsNoRent()
    {
        using var arena = NewArena(new ArenaOptions { CommitLimit = 1 << 20 });
        using var heap = new MembufHeap(new MembufHeapOptions { Arena = arena });
        using var pool = new MembufMemoryPool(heap);
        Assert.Throws<OutOfMemoryException>(() => pool.Rent(1 << 26));
        Assert.Equal(0, pool.Rented);
        pool.Rent(64).Dispose();
        Assert.Equal(0, heap.GetReport().Blocks);
    }

    [Fact]
    public void EveryOwnerIsKnownUntilItIsDisposed()
    {
        using var pool = new MembufMemoryPool(Heap);
        var random = new Random(1);
        var living = new List<MembufOwner>();
        for (int step = 0; step < 3000; step++)
        {
            if (living.Count == 0 || random.Next(step < 1500 ? 3 : 5) < 2)
            {
                living.Add(pool.RentOwner(random.Next(200)));
            }
            else
            {
                int at = random.Next(living.Count);
                living[at].Dispose();
                living.RemoveAt(at);
            }

            if (step % 100 == 0)
            {
                Assert.Equal(living.ToHashSet(), pool.GetReport().Owners.ToHashSet());
            }
        }

        Assert.Equal(living.Sum(o => (long)o.Length), pool.GetReport().Bytes);
        living.ForEach(o => o.Dispose());
        Assert.Equal(0, pool.Rented);
    }

    [Fact]
    public void ADetachedOwnerIsReturned()
    {
        using var pool = new MembufMemoryPool(Heap);
        MembufRef membuf = pool.RentOwner(64).Detach();
        Assert.Equal(0, pool.Rented);
        Assert.Equal(0, membuf.Deref());
    }

    [Fact]
    public void DisposalTellsWhichOwnersLive()
    {
        var heard = new List<MembufPoolReport>();
        var pool = new MembufMemoryPool(Heap, heard.Add);
        MembufOwner forgotten = pool.RentOwner(100);
        pool.Rent(200).Dispose();
        pool.Dispose();
        pool.Dispose();

        MembufPoolReport report = Assert.Single(heard);
        Assert.Same(forgotten, Assert.Single(report.Owners));
        Assert.Equal((1, 100L), (report.Rented, report.Bytes));
        Assert.Contains($"1 owners live, 100 bytes\n  {forgotten.Membuf}, 100 bytes", report.ToString().ReplaceLineEndings("\n"), StringComparison.Ordinal);

        // It stays valid, and may come back late.
        forgotten.GetSpan().Fill(1);
        forgotten.Dispose();
        Assert.Equal(0, pool.Rented);
    }

    [Fact]
    public void DisposalOfAnEmptyPoolTellsNothing()
    {
        var pool = new MembufMemoryPool(Heap, static _ => Assert.Fail("Nothing lives."));
        pool.Rent().Dispose();
        pool.Dispose();
        Assert.True(pool.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => pool.Rent());
    }

    [Fact]
    public void AfterTheHeapsDisposalNothingIsRented()
    {
        using var pool = new MembufMemoryPool(Heap);
        MembufOwner living = pool.RentOwner();
        Heap.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Rent());
        Assert.Same(living, Assert.Single(pool.GetReport().Owners));
        living.Dispose();
        Assert.Equal(0, pool.Rented);
    }

    [Fact]
    public async Task DisposalRacingWithRentsLosesNoOwner()
    {
        for (int round = 0; round < 50; round++)
        {
            int heard = 0;
            var pool = new MembufMemoryPool(Heap, report => heard = report.Rented);
            using var start = new Barrier(3);
            Task<List<MembufOwner>>[] renters = [.. Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
                () => RentUntilDisposed(pool, start), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            start.SignalAndWait();
            pool.Dispose();
            List<MembufOwner>[] kept = await Task.WhenAll(renters);

            // Those that were given out are what lives; each was heard of, since none was given out afterwards.
            Assert.Equal(kept.Sum(list => list.Count), pool.Rented);
            Assert.InRange(heard, pool.Rented, pool.Rented + renters.Length);
            Array.ForEach(kept, list => list.ForEach(o => o.Dispose()));
            Assert.Equal(0, pool.Rented);
        }
    }

    [Fact]
    public void ManyShortThreadsShareFewShelves()
    {
        using var pool = new MembufMemoryPool(Heap);
        long before = 0;
        for (int i = 0; i < 300; i++)
        {
            var thread = new Thread(() =>
            {
                pool.Rent().Dispose();
                Heap.Detach();
            });
            thread.Start();
            thread.Join();
            before = Math.Max(before, pool.Shelves);
        }

        Assert.InRange(before, 1, 3);
        Assert.Equal(0, pool.Rented);
    }

    [Fact]
    public async Task OwnersComeBackOnOtherThreads()
    {
        using var pool = new MembufMemoryPool(Heap);
        for (int round = 0; round < 100; round++)
        {
            MembufOwner[] owners = [.. Enumerable.Range(0, 20).Select(i => pool.RentOwner(i * 100))];
            await Task.Run(() => Array.ForEach(owners, o => o.Dispose()));
            Assert.Equal(0, pool.Rented);
        }
    }

    [Fact]
    public async Task APipeRunsOnIt()
    {
        using var pool = new MembufMemoryPool(Heap);
        var pipe = new Pipe(new PipeOptions(pool: pool, minimumSegmentSize: 256));
        byte[] sent = new byte[100_000];
        new Random(1).NextBytes(sent);
        Task writing = Task.Run(async () =>
        {
            await pipe.Writer.WriteAsync(sent);
            await pipe.Writer.CompleteAsync();
        });
        using var received = new MemoryStream();
        await pipe.Reader.CopyToAsync(received);
        await writing;
        await pipe.Reader.CompleteAsync();

        Assert.Equal(sent, received.ToArray());
        Assert.Equal(0, pool.Rented);
    }

    [Fact]
    public void ItSaysWhatItIs()
    {
        using var pool = new MembufMemoryPool(Heap);
        using IMemoryOwner<byte> owner = pool.Rent();
        Assert.Equal("MembufMemoryPool 'unnamed', 1 rented", pool.ToString());
    }

    private static List<MembufOwner> RentUntilDisposed(MembufMemoryPool pool, Barrier start)
    {
        var kept = new List<MembufOwner>();
        start.SignalAndWait();
        try
        {
            while (kept.Count < 10_000)
            {
                kept.Add(pool.RentOwner(16));
            }
        }
        catch (ObjectDisposedException)
        {
            // The end of every such loop.
        }

        return kept;
    }
}
