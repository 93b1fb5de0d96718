using Rm.Arenas;
using Rm.Membufs;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Membufs;

/// <summary>T-MB12: a block is made shorter where it stands, and what it gives up is of use to others.</summary>
public sealed unsafe class MembufShrinkTests : LeakChecked
{
    [Theory]
    [InlineData(100, 10)]
    [InlineData(100, 0)]
    [InlineData(30_000, 100)]
    public void SmallBlocksChangeTheirSizeAlone(int from, int to)
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef((nuint)from);
        nint block = handle.Block;
        new Span<byte>((void*)block, from).Fill(3);

        Assert.Equal(0u, handle.Shrink((nuint)to));
        Assert.Equal((block, (nuint)to, 1), (handle.Block, handle.Size, handle.RefCount));
        Assert.False(new Span<byte>((void*)block, to).ContainsAnyExcept((byte)3));
        heap.Verify();
        handle.Deref();
        nint again = heap.Alloc((nuint)from);
        Assert.Equal((block, (nuint)from), (again, heap.SizeOf(again)));
        heap.Deref(again);
    }

    [Theory]
    [InlineData(1000, 40)]
    [InlineData(1000, 1)]
    [InlineData(1000, 0)]
    [InlineData(4096, 1500)]
    [InlineData(4096, 5)]
    [InlineData(4096, 0)]
    public void LargeBlocksGiveTheirPagesBack(int fromKib, int toKib)
    {
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 1 });
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { Arena = arena });
        MembufRef handle = heap.AllocRef((nuint)fromKib << 10);
        nint block = handle.Block;
        nuint kept = (nuint)toKib << 10;
        new Span<byte>((void*)block, fromKib << 10).Fill(3);
        nuint used = arena.CommittedBytes - arena.SpareBytes;

        nuint given = handle.Shrink(kept);

        Assert.InRange(given, ((nuint)fromKib << 10) - nuint.Max(kept, 36 << 10), (nuint)fromKib << 10);
        Assert.Equal(used - given, arena.CommittedBytes - arena.SpareBytes);
        Assert.Equal((block, kept), (handle.Block, handle.Size));
        Assert.False(new Span<byte>((void*)block, (int)kept).ContainsAnyExcept((byte)3));
        heap.Verify();
        arena.Verify();
        Assert.Equal(0u, handle.Shrink(kept));
        handle.Deref();
        heap.Verify();
        arena.Verify();
    }

    // What a run gave up serves other blocks while it lives.
    [Fact]
    public void GivenUpGranulesAreUsedByOthers()
    {
        Arena arena = NewArena(new ArenaOptions { SpareFraction = 1 });
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { Arena = arena });
        nint block = heap.Alloc(1 << 20);
        heap.Shrink(block, 33 << 10);
        nuint committed = arena.CommittedBytes;

        nint[] others = [.. Enumerable.Range(0, 6).Select(_ => heap.Alloc(100 << 10))];
        Assert.Contains(others, other => other > block && other < block + (1 << 20));
        Assert.InRange(arena.CommittedBytes, 0u, committed + (64 << 10));
        foreach (nint other in others)
        {
            new Span<byte>((void*)other, 100 << 10).Fill(1);
            Assert.Throws<UntrackedPointerException>(() => heap.Ref(other + 16));
        }

        heap.Verify();
        arena.Verify();
        Assert.All(others, other => heap.Deref(other));
        heap.Deref(block);
    }

    // It is not kept at hand as one of its class.
    [Fact]
    public void ShrunkBlocksPlaceIsNotHandedOutAsALargeOne()
    {
        Arena arena = NewArena();
        MembufHeap heap = NewMembufHeap(new MembufHeapOptions { Arena = arena });
        const int size = 200 << 10;
        nint[] blocks = [heap.Alloc(size), heap.Alloc(size)];
        heap.Shrink(blocks[0], 40 << 10);
        heap.Deref(blocks[0]);

        blocks[0] = heap.Alloc(size);
        var pool = (SizeClassHeap)Assert.Single(arena.Pools);
        Assert.All(blocks, block => Assert.True(pool.UsableSize(block) >= size));
        Assert.All(blocks, block => new Span<byte>((void*)block, size).Fill(1));
        heap.Verify();
        Assert.All(blocks, block => heap.Deref(block));
    }

    [Fact]
    public void AnotherThreadOrASharedBlockChangesTheSizeAlone()
    {
        MembufHeap heap = NewMembufHeap();
        MembufRef handle = heap.AllocRef(1 << 20);
        OnThread.Run(() => Assert.Equal(0u, handle.Shrink(100_000)));
        Assert.Equal(100_000u, handle.Size);

        // Its home has it again, and takes the rest.
        Assert.InRange(handle.Shrink(50_000), 1u << 19, 1u << 20);
        handle.Deref();
    }

    [Fact]
    public void GrowingAndSharedBlocksAreRefused()
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(100);

        Assert.Throws<ArgumentOutOfRangeException>(() => heap.Shrink(block, 101));
        heap.Ref(block);
        SharedBlockException violation = Assert.Throws<SharedBlockException>(() => heap.Shrink(block, 10));
        Assert.Equal(block, violation.Block);
        Assert.Equal(100u, heap.SizeOf(block));
        heap.Deref(block);
        Assert.Equal(0u, heap.Shrink(block, 100));
        heap.Deref(block);
        Assert.Throws<UntrackedPointerException>(() => heap.Shrink(block, 1));
        Assert.Throws<ArgumentNullException>(() => heap.Shrink(0, 1));
    }

    [Fact]
    public void OnFreeHearsTheSizeThatIsLeftAndCannotShrinkFurther()
    {
        MembufHeap heap = NewMembufHeap();
        nuint heard = 0;
        MembufPolicy policy = heap.Register((block, size) =>
        {
            heard = size;
            Assert.Throws<FinalizingBlockException>(() => heap.Shrink(block, 1));
        });
        nint block = heap.Alloc(3 << 20, 0, policy);
        heap.Shrink(block, 77);
        heap.Deref(block);

        Assert.Equal(77u, heard);
    }

    [Fact]
    public void AlignedBlocksStayWhereTheyAre()
    {
        MembufHeap heap = NewMembufHeap();
        nint block = heap.Alloc(3 << 20, 1 << 20);

        Assert.Equal((nuint)(3 << 20) - 4096, heap.Shrink(block, 1));
        Assert.Equal(0, block % (1 << 20));
        *(byte*)block = 1;
        heap.Verify();
        heap.Deref(block);
    }

    [Theory]
    [InlineData(MemoryKind.Windows)]
    [InlineData(MemoryKind.LargePages)]
    [InlineData(MemoryKind.NoReservations)]
    public void SystemsOfOtherKindsShrinkTooOrKeepThePages(MemoryKind kind)
    {
        FaultyVirtualMemory memory = NewVirtualMemory(kind: kind);
        Arena arena = NewArena(new ArenaOptions { Memory = memory });
        SizeClassHeap pool = arena.CreateHeap();
        foreach ((nuint from, nuint to) in new (nuint, nuint)[] { (1 << 20, 40_000), (4 << 20, 100), (4 << 20, 2 << 20), (500_000, 499_000), (100, 10) })
        {
            nint block = pool.Allocate(from);
            new Span<byte>((void*)block, (int)from).Fill(5);
            nuint given = pool.ShrinkInPlace(block, to);
            Assert.Equal(pool.UsableSize(block), pool.Usage.LiveBytes);
            Assert.InRange(given, 0u, from);
            Assert.False(new Span<byte>((void*)block, (int)to).ContainsAnyExcept((byte)5));
            arena.Verify();
            pool.Free(block);
        }
    }
}
