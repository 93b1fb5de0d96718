using Rm.Arenas;
using Rm.Memory;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Arenas;

/// <summary>What else a block heap does: options, enumeration, ends, arenas, the allocator's side.</summary>
public sealed unsafe class BlockHeapTests : LeakChecked
{
    [Fact]
    public void OptionsAreChecked()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockHeap.Create(8, 8, new BlockHeapOptions { Alignment = 3 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockHeap.Create(8, 8, new BlockHeapOptions { Alignment = 128 * 1024 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockHeap.Create(8, 8, new BlockHeapOptions { KeepEmptyBlocks = -1 }));

        var disposed = new Arena();
        disposed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => BlockHeap.Create(8, 8, new BlockHeapOptions { Arena = disposed }));
    }

    [Fact]
    public void AHeapWithoutAnArenaMakesOneAndEndsIt()
    {
        BlockHeap heap = BlockHeap.Create(40, 10, new BlockHeapOptions { Name = "own" });
        Assert.Equal("own", heap.Arena.Name);
        Assert.Equal((40u, 10, 16u, true), (heap.ElementSize, heap.ElementsPerBlock, heap.Alignment, heap.Zeroed));

        heap.Dispose();
        Assert.True(heap.Arena.IsDisposed);
        heap.Dispose();
    }

    [Fact]
    public void DisposingTheArenaThatAHeapMadeEndsBothOnce()
    {
        BlockHeap heap = BlockHeap.Create(40, 10);
        _ = heap.Alloc();
        heap.Arena.Dispose();

        Assert.True(heap.IsDisposed);
        Assert.True(heap.Arena.IsDisposed);
        heap.Dispose();
        Assert.Equal(default, heap.Usage);
        Assert.Equal((0, 0), (heap.Blocks, heap.EmptyBlocks));
        Assert.Contains("disposed", heap.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void DisposingAHeapLeavesTheCallersArenaAlone()
    {
        using Arena arena = NewArena();
        BlockHeap heap = BlockHeap.Create(40, 10, new BlockHeapOptions { Arena = arena });
        heap.Dispose();

        Assert.False(arena.IsDisposed);
        Assert.Empty(arena.Pools);
        arena.Verify();
    }

    [Theory]
    [InlineData(64, 8192)]
    [InlineData(512, 1024)]
    [InlineData(100_000, 7)]
    [InlineData(3 << 20, 2)]
    [InlineData(200 << 20, 2)]
    public void BlocksMayBeLargerThanAGranuleAndElementsTooAndOnlyWhatIsTouchedIsResident(int size, int perBlock)
    {
        using BlockHeap heap = BlockHeap.Create((nuint)size, perBlock);
        nuint before = heap.Arena.MeasureResident();
        nint[] elements = [.. Enumerable.Range(0, perBlock + 1).Select(_ => heap.Alloc())];
        foreach (nint element in elements)
        {
            *(byte*)element = 1;
            *(byte*)(element + size - 1) = 2;
            Assert.Throws<MisalignedPointerException>(() => heap.Free(element + 16));
            Assert.True(heap.Contains(element + size - 1));
        }

        Assert.Equal(2, heap.Blocks);
        Assert.InRange(heap.Arena.MeasureResident() - before, 0u, (nuint)elements.Length * nuint.Min(3 * 4096, (nuint)size) + (64 * 1024));
        heap.Verify();
        Array.ForEach(elements, heap.Free);
        Assert.Equal(0, heap.Usage.LiveBlocks);
        heap.Verify();
    }

    [Fact]
    public void OnlyThePagesThatElementsNeedAreCommitted()
    {
        using BlockHeap heap = BlockHeap.Create(64, 100);

        Assert.InRange(heap.Arena.CommittedBytes, 6400u, 16u * 1024);
    }

    [Fact]
    public void AnElementCostsAtMostTwoBytesMore()
    {
        const int count = 200 * 1024;
        using BlockHeap heap = BlockHeap.Create(64, 1024);
        nuint before = heap.Arena.MeasureResident();
        for (int i = 0; i < count; i++)
        {
            *(long*)heap.Alloc() = i;
        }

        double each = (double)(heap.Arena.MeasureResident() - before) / count;
        Assert.InRange(each, 64, 66);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LiveElementsAreEnumerated(bool passThrough)
    {
        using Arena arena = NewArena(new ArenaOptions { PassThrough = passThrough });
        using BlockHeap heap = BlockHeap.Create(96, 7, new BlockHeapOptions { Arena = arena });
        Assert.Empty(heap.LiveElements);
        HashSet<nint> elements = [.. Enumerable.Range(0, 50).Select(_ => heap.Alloc())];
        foreach (nint element in elements.Where((_, i) => i % 3 == 0).ToArray())
        {
            heap.Free(element);
            elements.Remove(element);
        }

        var walked = new List<nint>();
        foreach (nint element in heap.LiveElements)
        {
            walked.Add(element);
        }

        Assert.Equal(elements.Count, walked.Count);
        Assert.True(elements.SetEquals(walked));
        Assert.Equal(heap.LiveElements, heap.LiveElements);
        Assert.Empty(default(BlockElementCollection));
    }

    [Fact]
    public void AChangeDuringAnEnumerationIsNoticed()
    {
        using BlockHeap heap = BlockHeap.Create(64, 7);
        nint[] elements = [.. Enumerable.Range(0, 20).Select(_ => heap.Alloc())];
        Action[] changes = [() => heap.Alloc(), () => heap.Free(elements[3]), () => heap.Trim()];
        foreach (Action change in changes)
        {
            BlockElementCollection.Enumerator walk = heap.LiveElements.GetEnumerator();
            Assert.True(walk.MoveNext());
            change();
            Assert.Throws<InvalidOperationException>(() => walk.MoveNext());
            Assert.Throws<InvalidOperationException>(walk.Reset);
        }
    }

    [Fact]
    public void AMisuseChangesNothingNotEvenForAnEnumeration()
    {
        using BlockHeap heap = BlockHeap.Create(64, 7);
        _ = heap.Alloc();
        BlockElementCollection.Enumerator walk = heap.LiveElements.GetEnumerator();
        Assert.Throws<ForeignBlockException>(() => heap.Free(64));
        Assert.Throws<ArgumentNullException>(() => heap.Free(0));
        heap.Verify();

        Assert.True(walk.MoveNext());
        Assert.False(walk.MoveNext());
        walk.Reset();
        Assert.True(walk.MoveNext());
    }

    [Fact]
    public void AnEnumerationEndsWithItsHeap()
    {
        BlockHeap heap = BlockHeap.Create(64, 7);
        _ = heap.Alloc();
        BlockElementCollection.Enumerator walk = heap.LiveElements.GetEnumerator();
        heap.Dispose();

        Assert.Throws<ObjectDisposedException>(() => walk.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => heap.LiveElements.GetEnumerator());
    }

    [Fact]
    public void OverlappingUseIsDetected()
    {
        // Within the arena's event the heap is in the middle of an operation.
        using Arena arena = NewArena(new ArenaOptions { ChunkSize = 1 << 20 });
        using BlockHeap heap = BlockHeap.Create(1 << 20, 1, new BlockHeapOptions { Arena = arena });
        nint first = heap.Alloc();
        var thrown = new List<Type>();
        arena.Grown += (_, _) =>
        {
            foreach (Action use in (Action[])[() => heap.Alloc(), () => heap.Free(first), heap.Verify, () => heap.Trim(), heap.Dispose, () => heap.LiveElements.GetEnumerator()])
            {
                thrown.Add(Assert.ThrowsAny<Exception>(use).GetType());
            }
        };
        _ = heap.Alloc();

        Assert.Equal(Enumerable.Repeat(typeof(ConcurrentUseException), 6), thrown);
        Assert.Equal(2, heap.Usage.LiveBlocks);
        heap.Verify();
    }

    [Fact]
    public void APassThroughHeapHasAMallocForEachElementAndFindsMisuse()
    {
        var memory = NewVirtualMemory();
        using Arena arena = NewArena(new ArenaOptions { PassThrough = true, Memory = memory, CommitLimit = 64 * 100 });
        BlockHeap heap = BlockHeap.Create(64, 1024, new BlockHeapOptions { Arena = arena, Alignment = 256 });
        Assert.Equal((0, 0), (heap.Blocks, heap.EmptyBlocks));
        nint[] elements = [.. Enumerable.Range(0, 100).Select(_ => heap.Alloc())];

        Assert.Equal(100, memory.AlignedBlocks);
        Assert.All(elements, e => Assert.Equal(0, e % 256));
        Assert.All(elements, e => Assert.Equal(-1, new Span<byte>((void*)e, 64).IndexOfAnyExcept((byte)0)));
        Assert.Throws<OutOfMemoryException>(() => heap.Alloc());
        Assert.Throws<MisalignedPointerException>(() => heap.Free(elements[0] + 1));
        Assert.Throws<ArgumentNullException>(() => heap.Free(0));
        heap.Free(elements[0]);
        Assert.Throws<ForeignBlockException>(() => heap.Free(elements[0]));
        Assert.Equal((99, 99), (heap.Usage.LiveBlocks, heap.Blocks));
        Assert.Equal(0, heap.Trim());
        heap.Verify();

        heap.Dispose();
        Assert.Equal(0, memory.AlignedBlocks);
    }

    [Fact]
    public void AsAnAllocatorItServesWhatFitsAnElement()
    {
        using BlockHeap heap = BlockHeap.Create(64, 16, new BlockHeapOptions { Zeroed = false });
        INativeAllocator allocator = heap;
        nint element = allocator.Allocate(64);
        new Span<byte>((void*)element, 64).Fill(1);

        Assert.True(allocator.KnowsSizes);
        Assert.Equal(0, allocator.Allocate(65));
        Assert.Equal(0, allocator.AllocateZeroed(65));
        Assert.Equal(0, allocator.AllocateAligned(1, 32));
        Assert.Throws<ArgumentOutOfRangeException>(() => allocator.AllocateAligned(1, 24));
        Assert.Equal(element, allocator.Reallocate(element, 0, 10, 0));
        Assert.Equal(0, allocator.Reallocate(element, 0, 65, 0));
        Assert.Throws<MisalignedPointerException>(() => allocator.Reallocate(element + 8, 0, 10, 0));
        Assert.Equal((64u, 0u), (allocator.UsableSize(element), allocator.UsableSize(element + 8)));
        Assert.Equal((AddressOwner.Mine, AddressOwner.Foreign), (allocator.OwnerOf(element + 8), allocator.OwnerOf(8)));
        allocator.Free(element, 64, 0);
        Assert.Equal(0u, allocator.UsableSize(element));

        nint zeroed = allocator.AllocateZeroed(0);
        Assert.Equal(element, zeroed);
        Assert.Equal(-1, new Span<byte>((void*)zeroed, 64).IndexOfAnyExcept((byte)0));
        Assert.Equal(0, allocator.AllocateAligned(64, 16) % 16);
    }

    [Fact]
    public void AStateCountsReferencesToElements()
    {
        using BlockHeap heap = BlockHeap.Create(64, 16);
        RmState state = NewState(new RmStateOptions { Allocator = heap });
        nint element = state.RmMalloc(48);
        state.RmRetain(element);

        Assert.Equal([element], heap.LiveElements);
        Assert.Equal(64u, state.RmSize(element));
        Assert.Equal(1, state.RmRelease(element));
        Assert.Equal(1, heap.Usage.LiveBlocks);
        Assert.Equal(0, state.RmRelease(element));
        Assert.Equal(0, heap.Usage.LiveBlocks);
        Assert.Throws<OutOfMemoryException>(() => state.RmMalloc(65));
        Assert.False(state.RmTryMalloc(65, out _));

        nint grown = state.RmMalloc(1);
        grown = state.RmRealloc(grown, 64);
        Assert.Throws<OutOfMemoryException>(() => state.RmRealloc(grown, 65));
        nint attached = heap.Alloc();
        state.RmAttach(attached, heap.Free);
        state.RmRelease(attached);
        state.RmRelease(grown);
        Assert.Empty(heap.LiveElements);
        state.Dispose();
    }

    [Fact]
    public void ALargeArenaMapNamesTheHeapsBlocks()
    {
        using Arena arena = NewArena();
        using BlockHeap heap = BlockHeap.Create(64, 3000, new BlockHeapOptions { Arena = arena });
        for (int i = 0; i < 3001; i++)
        {
            _ = heap.Alloc();
        }

        ArenaRange[] ranges = [.. arena.GetMap().Where(r => ReferenceEquals(r.Pool, heap))];
        Assert.Equal([1, 3000], ranges.Select(r => r.LiveElements).Order());
        Assert.All(ranges, r => Assert.Equal((64u, 3000), (r.ElementSize, r.Elements)));
    }
}
