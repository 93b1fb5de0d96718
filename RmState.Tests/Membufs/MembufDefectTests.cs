using Rm.Arenas;
using Rm.Membufs;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Membufs;

/// <summary>What went wrong in Liquorice's membuf, and does not here; docs/from-membuf.md lists it.</summary>
public sealed unsafe class MembufDefectTests : LeakChecked
{
    [Fact]
    public void Mb1WithoutMemoryNothingIsWrittenAndNothingChanges()
    {
        using var heap = new MembufHeap(new MembufHeapOptions { Arena = NewArena(new ArenaOptions { CommitLimit = 1 << 20 }) });
        nint small = heap.Alloc(100);
        Assert.Throws<OutOfMemoryException>(() => heap.Alloc(64 << 20));
        Assert.Throws<OutOfMemoryException>(() => heap.Alloc(nuint.MaxValue - 15));
        Assert.False(heap.TryAlloc(nuint.MaxValue, out nint none));
        Assert.Equal(0, none);
        Assert.Equal(1, heap.Statistics.LiveBlocks);
        Assert.Equal(0, heap.Deref(small));
        heap.Verify();
    }

    [Fact]
    public void Mb2TheCountDoesNotWrap()
    {
        using var heap = new MembufHeap();
        nint block = heap.Alloc(8);
        MembufRecord* record = HeapHead.Find(heap.Head, block);
        record->Local = int.MaxValue;

        // What does not fit the owner's part goes on in the shared one.
        Assert.Equal(1L + int.MaxValue, heap.Ref(block));
        MembufShare* share = RecordChunk.ShareOf(record);
        share->Word += uint.MaxValue - MembufShare.CountOf(share->Word);
        Assert.Throws<OverflowException>(() => heap.Ref(block));
        Assert.Equal(uint.MaxValue, heap.RefCount(block));
        Assert.Equal(uint.MaxValue - 1L, heap.Deref(block));

        share->Word += 1 - MembufShare.CountOf(share->Word);
        Assert.Equal(0, heap.Deref(block));
    }

    [Fact]
    public void Mb3AReleaseTooManyIsAnErrorAndTheBlockIsUntouched()
    {
        using var heap = new MembufHeap();
        nint block = heap.Alloc(100);
        nint neighbour = heap.Alloc(100);
        Assert.Equal(0, heap.Deref(block));
        Assert.Equal(block, Assert.Throws<DoubleFreeException>(() => heap.Deref(block)).Block);
        Assert.Throws<UntrackedPointerException>(() => heap.Ref(block));
        Assert.Throws<UntrackedPointerException>(() => heap.Deref(neighbour + 8));
        Assert.Throws<UntrackedPointerException>(() => heap.Deref(0x1000));
        Assert.Equal(1, heap.RefCount(neighbour));
        Assert.Equal(0, heap.Deref(neighbour));
        heap.Verify();
    }

    [Fact]
    public void Mb4ABlockAtItsEndCannotComeBack()
    {
        using var heap = new MembufHeap();
        var seen = new List<long>();
        MembufPolicy policy = heap.Register((block, _) =>
        {
            seen.Add(heap.RefCount(block));
            Assert.Throws<FinalizingBlockException>(() => heap.Ref(block));
            Assert.Throws<FinalizingBlockException>(() => heap.Deref(block));
            Assert.False(heap.IsLive(block));
        });
        Assert.Equal(0, heap.Deref(heap.Alloc(8, 0, policy)));
        Assert.Equal([0L], seen);
    }

    [Fact]
    public void Mb5AChainOfAMillionBlocksEndsWithoutDepth()
    {
        const int blocks = 1_000_000;
        using var heap = new MembufHeap();
        int ended = 0;
        MembufPolicy policy = heap.Register((block, _) =>
        {
            ended++;
            if (*(nint*)block != 0)
            {
                heap.Deref(*(nint*)block);
            }
        });
        nint first = 0;
        for (int i = 0; i < blocks; i++)
        {
            nint block = heap.Alloc((nuint)sizeof(nint), 0, policy);
            *(nint*)block = first;
            first = block;
        }

        Assert.Equal(0, heap.Deref(first));
        Assert.Equal(blocks, ended);
        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    [Fact]
    public void Mb6WhatACallbackThrowsComesAfterTheRest()
    {
        using var heap = new MembufHeap();
        nint part = 0;
        MembufPolicy inner = heap.Register((_, _) => throw new InvalidDataException("inner"));
        MembufPolicy outer = heap.Register((_, _) =>
        {
            heap.Deref(part);
            throw new InvalidDataException("outer");
        });
        part = heap.Alloc(8, 0, inner);
        nint whole = heap.Alloc(8, 0, outer);

        AggregateException both = Assert.Throws<AggregateException>(() => heap.Deref(whole));
        Assert.Equal("outer inner", string.Join(' ', both.InnerExceptions.Select(failure => failure.Message)));
        Assert.Equal(0, heap.Statistics.LiveBlocks);

        nint lone = heap.Alloc(8, 0, inner);
        Assert.Equal("inner", Assert.Throws<InvalidDataException>(() => heap.Deref(lone)).Message);
        Assert.Equal(0, heap.Statistics.LiveBlocks);
    }

    [Fact]
    public void Mb8TheVariableIsCleared()
    {
        using var heap = new MembufHeap();
        nint block = heap.Alloc(8);
        heap.Ref(block);
        nint copy = block;
        Assert.Equal(1, heap.Deref(ref copy));
        Assert.Equal(0, copy);
        Assert.Equal(0, heap.Deref(ref copy));
        Assert.Equal(0, heap.Deref(ref block));

        nint wrong = 0x1234;
        Assert.Throws<UntrackedPointerException>(() => heap.Deref(ref wrong));
        Assert.Equal(0x1234, wrong);
    }

    [Fact]
    public void Mb9BlocksAreAlignedAsAsked()
    {
        using var heap = new MembufHeap();
        Assert.Equal(0, heap.Alloc(1) % 16);
        foreach (nuint alignment in new nuint[] { 1, 16, 64, 4096, 65536, 1 << 20 })
        {
            nint block = heap.Alloc(100, alignment);
            Assert.Equal(0u, (nuint)block % alignment);
            Assert.Equal(0, heap.Deref(block));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => heap.Alloc(1, 24));
    }

    [Fact]
    public void Mb10TheBooksAreKept()
    {
        using var heap = new MembufHeap(new MembufHeapOptions { CountsReferences = true });
        nint block = heap.Alloc(8);
        heap.Ref(block);
        heap.Verify();
        MembufRecord* record = HeapHead.Find(heap.Head, block);
        RecordChunk.ShareOf(record)->Word++;
        Assert.Throws<CorruptArenaException>(heap.Verify);
        RecordChunk.ShareOf(record)->Word--;
        heap.Verify();
    }
}
