using Rm.Arenas;

namespace Rm.Tests.Samples;

/// <summary>Arenas and heaps as docs/arenas.md shows them.</summary>
public sealed unsafe class ArenaSample
{
    [Fact]
    public void AStateStandsOverAnArena()
    {
        #region state-over-arena
        using var arena = new Arena();
        using var state = new RmState(new() { Allocator = arena.CreateHeap() });

        nint block = state.RmMalloc(1000);
        state.RmRetain(block);
        state.RmRelease(block);
        long remaining = state.RmRelease(block);   // 0: the block is gone, its memory is at hand for the next one
        #endregion

        Assert.Equal(0, remaining);
        Assert.Equal(0, state.Statistics.LiveBlocks);
    }

    [Fact]
    public void ALimitIsKept()
    {
        #region arena-limit
        using var arena = new Arena(new ArenaOptions { Name = "frames", CommitLimit = 64 << 20 });
        SizeClassHeap heap = arena.CreateHeap();

        nint frame = heap.Allocate(8 << 20);
        bool tooMuch = heap.Allocate(128 << 20) == 0;   // true: over the limit, and nothing changed
        heap.Free(frame);

        arena.Trim();                                   // the spare memory goes back to the system
        nuint committed = arena.CommittedBytes;         // 0
        #endregion

        Assert.True(tooMuch);
        Assert.Equal(0u, committed);
    }

    [Fact]
    public void ElementsHaveAType()
    {
        #region typed-block-heap
        using BlockHeap<long> heap = BlockHeap.Create<long>(elementsPerBlock: 1024);

        long* counter = heap.Alloc();   // zeroed
        *counter = 42;
        heap.Free(counter);
        #endregion

        Assert.Equal(0, heap.Usage.LiveBlocks);
    }

    [Fact]
    public void WhatIsFreedGoesBack()
    {
        #region give-back
        using var arena = new Arena();
        SizeClassHeap heap = arena.CreateHeap();
        nint[] blocks = new nint[100_000];
        foreach (ref nint block in blocks.AsSpan())
        {
            block = heap.Allocate(64);
        }

        foreach (nint block in blocks)
        {
            heap.Free(block);
        }

        heap.Trim();
        arena.Trim();
        nuint left = arena.CommittedBytes;   // 0
        #endregion

        Assert.Equal(0u, left);
    }
}
