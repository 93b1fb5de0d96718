using Rm.Arenas;
using Rm.Membufs;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Membufs;

/// <summary>Allocating and counting, on one thread and handed over; the seed's tests by their numbers.</summary>
public sealed unsafe class MembufHeapTests : LeakChecked
{
    public static TheoryData<nuint> Sizes => [1, 15, 16, 17, 100, 1024, 1025, 4000, 32 << 10, (32 << 10) + 1, 200_000, 1 << 20, (1 << 20) + 1, 5 << 20];

    // T-MB2, T-MB3.
    [Fact]
    public void CountsUpAndDownAndReturnsWhatRemains()
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(100);

        Assert.Equal(1, heap.RefCount(block));
        Assert.Equal(2, heap.Ref(block));
        Assert.Equal(3, heap.Ref(block));
        Assert.Equal(3, heap.RefCount(block));
        Assert.Equal(2, heap.Deref(block));
        Assert.Equal(1, heap.Deref(block));
        Assert.True(heap.IsLive(block));
        Assert.Equal(0, heap.Deref(block));
        Assert.False(heap.IsLive(block));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void BytesOfEverySizeAreTheBlocksOwn(nuint size)
    {
        MembufHeap heap = NewMembufHeap();
        nint[] blocks = [heap.Alloc(size), heap.Alloc(size), heap.Alloc(size)];
        for (int i = 0; i < blocks.Length; i++)
        {
            new Span<byte>((void*)blocks[i], (int)size).Fill((byte)(i + 1));
        }

        for (int i = 0; i < blocks.Length; i++)
        {
            Assert.Equal(size, heap.SizeOf(blocks[i]));
            Assert.Equal(0, blocks[i] % 16);
            Assert.False(new Span<byte>((void*)blocks[i], (int)size).ContainsAnyExcept((byte)(i + 1)));
            heap.Deref(blocks[i]);
        }
    }

    [Fact]
    public void SizeZeroGivesUniqueBlocksOfNoBytes()
    {
        MembufHeap heap = NewMembufHeap();
        nint[] blocks = [heap.Alloc(0), heap.Alloc(0), heap.Alloc(0, 4096), heap.Alloc(0, 1 << 20)];

        Assert.Equal(4, blocks.Distinct().Count());
        Assert.DoesNotContain(0, blocks);
        Assert.All(blocks, block => Assert.Equal(0u, heap.SizeOf(block)));
        Assert.All(blocks, block => Assert.Equal(0, heap.Deref(block)));
    }

    [Fact]
    public void SizesThatNoMemoryHoldsAreRefusedAndNothingChanges()
    {
        MembufHeap heap = NewMembufHeap();
        nint kept = heap.Alloc(10);
        MembufHeapStatistics before = heap.Statistics;
        foreach (nuint size in new[] { nuint.MaxValue, nuint.MaxValue - 15, (nuint)1 << 63, (nuint)1 << 48, ((nuint)1 << 48) - 1, (nuint)1 << 47 })
        {
            Assert.Throws<OutOfMemoryException>(() => heap.Alloc(size));
            Assert.Throws<OutOfMemoryException>(() => heap.Alloc(size, 1 << 20));
            Assert.Throws<OutOfMemoryException>(() => heap.AllocRef(size));
            Assert.False(heap.TryAlloc(size, out nint none));
            Assert.Equal(0, none);
        }

        Assert.Equal(before with { RecordBytes = 0 }, heap.Statistics with { RecordBytes = 0 });
        heap.Verify();
        heap.Deref(kept);
    }

    [Fact]
    public void AlignmentsUpToAMebibyteAreKept()
    {
        MembufHeap heap = NewMembufHeap();
        List<nint> blocks = [];
        for (nuint alignment = 1; alignment <= 1 << 20; alignment *= 2)
        {
            foreach (nuint size in new nuint[] { 0, 1, 100, 5000, 70_000, 2 << 20 })
            {
                nint block = heap.Alloc(size, alignment);
                Assert.Equal(0u, (nuint)block % alignment);
                Assert.Equal(size, heap.SizeOf(block));
                blocks.Add(block);
            }
        }

        heap.Verify();
        Assert.Equal(blocks.Count, blocks.Distinct().Count());
        blocks.ForEach(block => Assert.Equal(0, heap.Deref(block)));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(48)]
    [InlineData(ulong.MaxValue)]
    public void AlignmentsThatAreNoPowerOfTwoAreRefused(ulong alignment)
    {
        MembufHeap heap = NewMembufHeap();

        Assert.Throws<ArgumentOutOfRangeException>(() => heap.Alloc(10, (nuint)alignment));
        Assert.Throws<ArgumentOutOfRangeException>(() => heap.TryAlloc(10, out _, (nuint)alignment));
        Assert.Equal(0, heap.Statistics.Allocations);
    }

    // T-MB8.
    [Fact]
    public void AllocationsAndReferencesAreAsManyAsReleasesInTheEnd()
    {
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { CountsReferences = true });
        var random = new Random(1);
        List<nint> held = [];
        for (int i = 0; i < 20_000; i++)
        {
            switch (random.Next(3))
            {
                case 0:
                    held.Add(heap.Alloc((nuint)random.Next(2000)));
                    break;
                case 1 when held.Count > 0:
                    nint block = held[random.Next(held.Count)];
                    heap.Ref(block);
                    held.Add(block);
                    break;
                case 2 when held.Count > 0:
                    int at = random.Next(held.Count);
                    heap.Deref(held[at]);
                    held.RemoveAt(at);
                    break;
                default:
                    break;
            }
        }

        heap.Verify();
        MembufHeapStatistics statistics = heap.Statistics;
        Assert.Equal(held.Count, statistics.Allocations + statistics.References - statistics.Releases);
        Assert.Equal(held.Distinct().Count(), statistics.LiveBlocks);
        held.ForEach(block => heap.Deref(block));
        statistics = heap.Statistics;
        Assert.Equal(statistics.Releases, statistics.Allocations + statistics.References);
        Assert.Equal(0, statistics.LiveBlocks);
    }

    // T-MB9.
    [Fact]
    public void IsUniqueWhileThereIsOneReference()
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(100);

        Assert.True(heap.IsUnique(block));
        heap.Ref(block);
        Assert.False(heap.IsUnique(block));
        OnThread.Run(() => Assert.Equal(1, heap.Deref(block)));
        Assert.True(heap.IsUnique(block));
        OnThread.Run(() => Assert.True(heap.IsUnique(block)));
        heap.Deref(block);
    }

    // T-MB11.
    [Fact]
    public void CalleeMayReleaseItsReferenceUnderTheCallers()
    {
        MembufHeap heap = NewMembufHeap();
        int ended = 0;
        MembufPolicy policy = heap.Register((_, _) => ended++);
        nint block = heap.Alloc(64, 0, policy);

        heap.Ref(block);
        Assert.Equal(1, heap.Deref(block));
        *(int*)block = 42;
        Assert.Equal(0, ended);
        Assert.Equal(42, *(int*)block);
        Assert.Equal(0, heap.Deref(block));
        Assert.Equal(1, ended);
    }

    // MB-8.
    [Fact]
    public void DerefOfAVariableClearsIt()
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(64);
        nint other = block;
        heap.Ref(block);

        Assert.Equal(1, heap.Deref(ref block));
        Assert.Equal(0, block);
        Assert.Equal(0, heap.Deref(ref block));
        Assert.Equal(0, heap.Deref(ref other));
        Assert.Equal(0, other);
    }

    [Fact]
    public void TryFormsSayWhetherThereIsABlock()
    {
        MembufHeap heap = NewMembufHeap();
        Assert.True(heap.TryAlloc(64, out nint block));

        Assert.True(heap.TryRef(block, out long count));
        Assert.Equal(2, count);
        Assert.True(heap.TryDeref(block, out long remaining));
        Assert.Equal(1, remaining);
        Assert.True(heap.TryDeref(block, out remaining));
        Assert.Equal(0, remaining);
        Assert.False(heap.TryDeref(block, out _));
        Assert.False(heap.TryRef(block, out count));
        Assert.Equal(0, count);
        Assert.False(heap.TryRef(0, out _));
        Assert.False(heap.TryDeref(0, out _));
    }

    [Fact]
    public void FreedPlacesAreUsedAgainLastOneFirst()
    {
        MembufHeap heap = NewMembufHeap();
        nint first = heap.Alloc(100);
        nint second = heap.Alloc(100);
        heap.Deref(first);
        heap.Deref(second);

        Assert.Equal(second, heap.Alloc(100));
        Assert.Equal(first, heap.Alloc(100));
        heap.Deref(first);
        heap.Deref(second);
    }

    [Fact]
    public void BlocksOfManySizesNeverOverlap()
    {
        MembufHeap heap = NewMembufHeap();
        var random = new Random(7);
        SortedDictionary<nint, nuint> live = [];
        for (int i = 0; i < 20_000; i++)
        {
            if (live.Count < 500 || random.Next(2) == 0)
            {
                var size = (nuint)(random.Next(20) == 0 ? random.Next(200_000) : random.Next(3000));
                live.Add(heap.Alloc(size, random.Next(10) == 0 ? (nuint)1 << random.Next(13) : 0), size);
            }
            else
            {
                nint block = live.Keys.ElementAt(random.Next(live.Count));
                heap.Deref(block);
                live.Remove(block);
            }
        }

        nint end = 0;
        foreach ((nint block, nuint size) in live)
        {
            Assert.True(block >= end, $"0x{block:x} begins before 0x{end:x}");
            end = block + (nint)size;
        }

        heap.Verify();
        Assert.Equal(live.Count, heap.GetReport().Blocks);
        foreach (nint block in live.Keys)
        {
            heap.Deref(block);
        }

        heap.Verify();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PassThroughArenaKeepsEveryPromise(bool shared)
    {
        Arena arena = NewArena(new ArenaOptions { PassThrough = true });
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { Arena = arena });
        nint block = heap.Alloc(100);
        nint aligned = heap.Alloc(10, 4096);
        nint large = heap.Alloc(3 << 20);
        Assert.Equal(0, aligned % 4096);
        Assert.Equal(2, heap.Ref(block));
        Action release = () => Assert.Equal(0, heap.Deref(heap.Deref(block) == 1 ? block : 0));
        if (shared)
        {
            OnThread.Run(release);
        }
        else
        {
            release();
        }

        heap.Settle();
        Assert.Equal(2, heap.GetReport().Blocks);
        Assert.Equal(0u, heap.Shrink(large, 10));
        Assert.Equal(10u, heap.SizeOf(large));
        Assert.Throws<UntrackedPointerException>(() => heap.Ref(aligned + 1));
        heap.Deref(aligned);
        heap.Deref(large);
        heap.Verify();
        Assert.Equal(0u, arena.CommittedBytes);
    }

    [Fact]
    public void ArenaIsSharedWithOtherPools()
    {
        Arena arena = NewArena();
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { Arena = arena });
        MembufHeap other = NewMembufHeap(new MembufHeapOptions { Arena = arena });
        SizeClassHeap pool = arena.CreateHeap();
        nint pooled = pool.Allocate(100);
        nint block = heap.Alloc(100);
        nint others = other.Alloc(100);

        Assert.Throws<UntrackedPointerException>(() => heap.Ref(pooled));
        Assert.Throws<UntrackedPointerException>(() => heap.Ref(others));
        Assert.Throws<UntrackedPointerException>(() => other.Deref(block));
        heap.Deref(block);
        heap.Dispose();
        *(int*)pooled = 1;
        *(int*)others = 2;
        Assert.False(arena.IsDisposed);
        arena.Verify();
        other.Deref(others);
        pool.Free(pooled);
    }

    [Fact]
    public void PlacesThatMovedToAnotherHeapOfTheArenaAreNotThisOnes()
    {
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 1 });
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { Arena = arena });
        MembufHeap other = NewMembufHeap(new MembufHeapOptions { Arena = arena });
        nint[] blocks = new nint[5000];
        for (int round = 0; round < 4; round++)
        {
            MembufHeap user = round % 2 == 0 ? heap : other;
            MembufHeap idle = round % 2 == 0 ? other : heap;
            for (int i = 0; i < blocks.Length; i++)
            {
                blocks[i] = user.Alloc((nuint)(32 << round));
            }

            Assert.All(blocks, block => Assert.False(idle.IsLive(block)));
            Assert.All(blocks, block => Assert.Throws<UntrackedPointerException>(() => idle.Ref(block)));
            Assert.All(blocks, block => Assert.Equal(0, user.Deref(block)));
            user.Trim();
            heap.Verify();
            other.Verify();
        }
    }

    [Fact]
    public void CommitLimitRefusesAndReleasingHelps()
    {
        Arena arena = NewArena(new ArenaOptions { CommitLimit = 2 << 20 });
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { Arena = arena });
        List<nint> blocks = [];
        while (heap.TryAlloc(10_000, out nint block))
        {
            blocks.Add(block);
        }

        Assert.InRange(blocks.Count, 100, 210);
        MembufHeapStatistics before = heap.Statistics;
        Assert.Throws<OutOfMemoryException>(() => heap.Alloc(10_000));
        Assert.Equal(before, heap.Statistics);
        heap.Deref(blocks[0]);
        blocks[0] = heap.Alloc(10_000);
        blocks.ForEach(block => heap.Deref(block));
        nint large = heap.Alloc(1 << 20);
        heap.Deref(large);
    }
}
