using Rm.Arenas;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Arenas;

/// <summary>The defects of balloc and its relatives, and that this heap does not have them.</summary>
public sealed unsafe class BlockHeapDefectTests : LeakChecked
{
    // 128 bytes make blocks of several granules, where the slab itself is asked.
    [Theory]
    [InlineData(64, 1024)]
    [InlineData(128, 1024)]
    [InlineData(64, 1000)]
    [InlineData(48, 10)]
    public void Ba1DoubleForeignMisalignedAndNullFreesAreDetectedAndChangeNothing(int size, int perBlock)
    {
        using var arena = new Arena();
        using BlockHeap heap = BlockHeap.Create((nuint)size, perBlock, new BlockHeapOptions { Arena = arena, Name = "mine" });
        using BlockHeap other = BlockHeap.Create((nuint)size, perBlock, new BlockHeapOptions { Arena = arena, Name = "theirs" });
        nint[] elements = [.. Enumerable.Range(0, perBlock + 3).Select(_ => heap.Alloc())];
        nint last = elements.Max();
        nint foreign = other.Alloc();
        nint native = Blocks.Malloc();
        heap.Free(elements[1]);
        PoolUsage before = heap.Usage;

        Assert.Equal(elements[1], Assert.Throws<DoubleFreeException>(() => heap.Free(elements[1])).Block);
        Assert.Throws<DoubleFreeException>(() => heap.Free(last + size));
        Assert.Throws<MisalignedPointerException>(() => heap.Free(elements[2] + 1));
        Assert.Throws<MisalignedPointerException>(() => heap.Free(last + size - 1));
        Assert.Contains("'theirs'", Assert.Throws<ForeignBlockException>(() => heap.Free(foreign)).Message, StringComparison.Ordinal);
        Assert.Throws<ForeignBlockException>(() => heap.Free(native));
        Assert.Throws<ForeignBlockException>(() => heap.Free(-64));
        Assert.Throws<ForeignBlockException>(() => heap.Free(1));
        Assert.Throws<ForeignBlockException>(() => heap.Free(nint.MinValue));
        Assert.Throws<ArgumentNullException>(() => heap.Free(0));

        Assert.Equal(before, heap.Usage);
        heap.Verify();
        Assert.Equal(elements[1], heap.Alloc());
        Assert.NotEqual(elements[1], heap.Alloc());
        Blocks.Free(native);
    }

    [Fact]
    public void Ba1AnElementFreedLongAgoIsStillKnownToBeFree()
    {
        using BlockHeap heap = BlockHeap.Create(64, 1024);
        nint[] elements = [.. Enumerable.Range(0, 1024).Select(_ => heap.Alloc())];
        Array.ForEach(elements, heap.Free);

        Assert.All(elements, e => Assert.Throws<DoubleFreeException>(() => heap.Free(e)));
        Assert.Equal(0, heap.Usage.LiveBlocks);
    }

    [Fact]
    public void Ba1WhatIsBehindTheLastElementOfABlockIsNoElement()
    {
        using BlockHeap heap = BlockHeap.Create(64, 1000);
        nint last = Enumerable.Range(0, 1000).Select(_ => heap.Alloc()).Max();

        Assert.Throws<MisalignedPointerException>(() => heap.Free(last + 64));
        Assert.Equal(1000, heap.Usage.LiveBlocks);
    }

    [Fact]
    public void Ba2AnElementIsFoundWhateverTheNumberOfBlocksWithoutWalkingThem()
    {
        using BlockHeap heap = BlockHeap.Create(64, 4);
        nint[] elements = [.. Enumerable.Range(0, 40_000).Select(_ => heap.Alloc())];
        Assert.Equal(10_000, heap.Blocks);

        // One element is free in the very first block: the next must be it, not one of a new block.
        nint first = elements.Min();
        heap.Free(first);
        _ = heap.Trim();
        Assert.Equal(first, heap.Alloc());
        Assert.Equal(10_000, heap.Blocks);
    }

    [Fact]
    public void Ba3OneLiveElementHoldsOnePageAndNotItsBlock()
    {
        const int count = 1 << 18;
        using BlockHeap heap = BlockHeap.Create(64, 8192);
        nint[] elements = [.. Enumerable.Range(0, count).Select(_ => heap.Alloc())];
        foreach (nint element in elements)
        {
            *(long*)element = element;
        }

        nuint full = heap.Arena.CommittedBytes;
        foreach (nint element in elements.Where((_, i) => i % 1024 != 0))
        {
            heap.Free(element);
        }

        _ = heap.Trim();
        Assert.True(heap.Arena.CommittedBytes <= full / 8, $"{heap.Arena.CommittedBytes} of {full} bytes are committed for 1/1024 of the elements");
        Assert.All(elements.Where((_, i) => i % 1024 == 0), e => Assert.Equal(e, *(long*)e));
        heap.Verify();
        Assert.All(Enumerable.Range(0, 10_000).Select(_ => heap.Alloc()), e => Assert.Equal(0, *(long*)e));
        heap.Verify();
    }

    [Fact]
    public void Ba3TheFullestBlockIsUsedFirst()
    {
        using BlockHeap heap = BlockHeap.Create(1024, 64, new BlockHeapOptions { KeepEmptyBlocks = 4 });
        nint[] elements = [.. Enumerable.Range(0, 4 * 64).Select(_ => heap.Alloc()).Order()];

        // The second block keeps 60 of its elements, the others one.
        foreach (nint element in elements.Where((_, i) => i / 64 == 1 ? i % 64 < 4 : i % 64 != 0))
        {
            heap.Free(element);
        }

        _ = heap.Trim();
        Assert.Equal(elements[64..68], Enumerable.Range(0, 4).Select(_ => heap.Alloc()));
    }

    [Fact]
    public void Ba4WithoutMemoryTheHeapTrimsTriesOnceMoreAndThrowsWithoutChange()
    {
        const nuint element = 64 * 1024;
        using var arena = new Arena(new ArenaOptions { CommitLimit = 64 * element });
        using BlockHeap heap = BlockHeap.Create(element, 8, new BlockHeapOptions { Arena = arena, KeepEmptyBlocks = 8 });
        using BlockHeap hungry = BlockHeap.Create(element, 8, new BlockHeapOptions { Arena = arena });
        nint[] elements = [.. Enumerable.Range(0, 56).Select(_ => heap.Alloc())];
        nint[] others = [.. Enumerable.Range(0, 8).Select(_ => hungry.Alloc())];

        PoolUsage before = hungry.Usage;
        OutOfMemoryException thrown = Assert.Throws<OutOfMemoryException>(() => hungry.Alloc());
        Assert.Contains("8 of 65536 bytes", thrown.Message, StringComparison.Ordinal);
        Assert.False(hungry.TryAlloc(out nint none));
        Assert.Equal(0, none);
        Assert.Equal(before, hungry.Usage);
        Assert.Equal(56, heap.Usage.LiveBlocks);
        arena.Verify();

        // What another heap has trimmed is there for all.
        Array.ForEach(elements, heap.Free);
        Assert.False(hungry.TryAlloc(out _));
        _ = heap.Trim();
        Assert.True(hungry.TryAlloc(out _));
        Assert.Equal(8, others.Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Ba4WhatTheSystemRefusesOnceIsAskedForAgain(int request)
    {
        var plan = new Faults.FaultPlan();
        var memory = NewVirtualMemory(plan);
        using var arena = new Arena(new ArenaOptions { Memory = memory, ChunkSize = 1 << 20 });
        using BlockHeap heap = BlockHeap.Create(1 << 20, 1, new BlockHeapOptions { Arena = arena });
        _ = heap.Alloc();
        plan.FailAt = plan.Requests + request;

        for (int i = 0; i < 4; i++)
        {
            Assert.NotEqual(0, heap.Alloc());
        }

        Assert.Equal(1, plan.Refused);
        arena.Verify();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ba5DisposingAHeapWithLiveElementsReportsThem(bool throughTheArena)
    {
        var told = new List<(long Live, int Listed)>();
        var arena = new Arena();
        BlockHeap heap = BlockHeap.Create(
            64,
            16,
            new BlockHeapOptions { Arena = arena, OnLeak = h => told.Add((h.Usage.LiveBlocks, h.LiveElements.Count())) });
        nint freed = heap.Alloc();
        _ = heap.Alloc();
        _ = heap.Alloc();
        heap.Free(freed);

        (throughTheArena ? (IDisposable)arena : heap).Dispose();
        heap.Dispose();
        Assert.Equal([(2, 2)], told);
        Assert.True(heap.IsDisposed);
        arena.Dispose();
    }

    [Fact]
    public void Ba5AHeapMayRefuseToBeDisposedWhileElementsLive()
    {
        bool strict = true;
        BlockHeap heap = BlockHeap.Create(
            64, 16, new BlockHeapOptions { OnLeak = h => _ = strict ? throw new LiveBlocksException($"{h.Usage.LiveBlocks} live") : 0 });
        nint element = heap.Alloc();

        Assert.Throws<LiveBlocksException>(heap.Dispose);
        Assert.Throws<LiveBlocksException>(heap.Arena.Dispose);
        Assert.False(heap.IsDisposed);
        *(long*)element = 1;
        heap.Free(element);
        strict = false;
        heap.Dispose();
        Assert.True(heap.Arena.IsDisposed);
    }

    [Fact]
    public void Ba5ElementsOfADisposedHeapAreRefused()
    {
        BlockHeap heap = BlockHeap.Create(64, 16);
        nint element = heap.Alloc();
        heap.Dispose();

        Assert.Throws<ObjectDisposedException>(() => heap.Free(element));
        Assert.Throws<ObjectDisposedException>(() => heap.Alloc());
        Assert.Throws<ObjectDisposedException>(() => heap.TryAlloc(out _));
        Assert.False(heap.Contains(element));
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(10, 0)]
    [InlineData(10, -5)]
    [InlineData(1 << 30, 2)]
    [InlineData(1 << 20, int.MaxValue)]
    public void Ba6ArgumentsAreChecked(int size, int perBlock) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockHeap.Create((nuint)size, perBlock));

    [Theory]
    [InlineData(1, 0, 8)]
    [InlineData(15, 0, 8)]
    [InlineData(16, 0, 16)]
    [InlineData(24, 0, 16)]
    [InlineData(1000, 0, 16)]
    [InlineData(1, 1, 1)]
    [InlineData(3, 1, 1)]
    [InlineData(12, 4, 4)]
    [InlineData(24, 64, 64)]
    [InlineData(100, 4096, 4096)]
    [InlineData(100, 65536, 65536)]
    [InlineData(70_000, 65536, 65536)]
    public void Ba7ElementsAreNaturallyAlignedOrAsAsked(int size, int asked, int alignment)
    {
        using BlockHeap heap = BlockHeap.Create((nuint)size, 5, new BlockHeapOptions { Alignment = (nuint)asked });
        Assert.Equal((nuint)alignment, heap.Alignment);
        nint[] elements = [.. Enumerable.Range(0, 12).Select(_ => heap.Alloc()).Order()];

        Assert.All(elements, e => Assert.Equal(0, e % alignment));
        Assert.All(elements.Zip(elements.Skip(1)), pair => Assert.True(pair.Second - pair.First >= size));
        foreach (nint element in elements)
        {
            new Span<byte>((void*)element, size).Fill(0xFF);
            heap.Free(element);
        }

        Assert.Equal(-1, new Span<byte>((void*)heap.Alloc(), size).IndexOfAnyExcept((byte)0));
        heap.Verify();
    }

    [Fact]
    public void Ba8AnUnderrunOrOverrunReachesNoMetadata()
    {
        using BlockHeap heap = BlockHeap.Create(64, 64);
        nint[] elements = [.. Enumerable.Range(0, 64).Select(_ => heap.Alloc()).Order()];

        // Everything between the first byte and the last is overwritten, freed elements included.
        heap.Free(elements[10]);
        new Span<byte>((void*)elements[0], 64 * 64).Fill(0xCC);
        heap.Verify();
        Assert.Equal(elements[10], heap.Alloc());
        Array.ForEach(elements, heap.Free);
        heap.Verify();
        Assert.Equal(0, heap.Usage.LiveBlocks);
    }

    [Fact]
    public void Ba9NothingIsTrimmedWithoutBeingAskedAndThereIsNoThreadOrTimer()
    {
        var memory = NewVirtualMemory();
        using var arena = new Arena(new ArenaOptions { Memory = memory });
        using BlockHeap heap = BlockHeap.Create(64, 1024, new BlockHeapOptions { Arena = arena, KeepEmptyBlocks = 100 });
        nint[] elements = [.. Enumerable.Range(0, 30 * 1024).Select(_ => heap.Alloc())];
        Array.ForEach(elements, heap.Free);

        Assert.DoesNotContain(memory.Calls, call => call.Call == Faults.MemoryCall.Decommit);
        Assert.Equal((30, 30), (heap.Blocks, heap.EmptyBlocks));
        Assert.True(heap.Trim() > 0);
        Assert.Contains(memory.Calls, call => call.Call == Faults.MemoryCall.Decommit);
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(128 * 1024)]
    public void Ba9TrimKeepsToItsBudgetAndGoesOn(long slice)
    {
        using BlockHeap heap = BlockHeap.Create(64, 1024);
        nint[] elements = [.. Enumerable.Range(0, 64 * 1024).Select(_ => heap.Alloc())];
        foreach (nint element in elements)
        {
            *(long*)element = -1;
        }

        foreach (nint element in elements.Where((_, i) => i % 512 != 0))
        {
            heap.Free(element);
        }

        int slices = 0;
        for (long given = slice; given >= slice; slices++)
        {
            given = heap.Trim(slice);
            Assert.InRange(given, 0, slice + 4096);
        }

        Assert.True(slices > 20, $"{slices} slices");
        Assert.Equal(0, heap.Trim());
    }

    [Theory]
    [InlineData(64)]
    [InlineData(8)]
    [InlineData(2000)]
    public void Ba10ZeroingIsAnOption(int size)
    {
        using BlockHeap zeroed = BlockHeap.Create((nuint)size, 64);
        using BlockHeap plain = BlockHeap.Create((nuint)size, 64, new BlockHeapOptions { Zeroed = false });
        foreach (BlockHeap heap in new[] { zeroed, plain })
        {
            nint element = heap.Alloc();
            new Span<byte>((void*)element, size).Fill(0xAB);
            heap.Free(element);
            Assert.Equal(element, heap.Alloc());
            Assert.Equal(heap.Zeroed ? 0 : 0xAB, *(byte*)(element + size - 1));
        }

        Assert.True(zeroed.Zeroed);
        Assert.False(plain.Zeroed);
    }

    [Fact]
    public void Ba10WhatComesFreshFromTheSystemIsNotClearedAgain()
    {
        // Clearing would make every page resident; handing out does not touch them.
        using BlockHeap heap = BlockHeap.Create(4096, 1024);
        nuint before = heap.Arena.MeasureResident();
        for (int i = 0; i < 1024; i++)
        {
            _ = heap.Alloc();
        }

        Assert.InRange(heap.Arena.MeasureResident(), before, before + (64 * 1024));
    }
}
