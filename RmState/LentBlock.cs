using Rm.Arenas;
using Rm.Memory;

namespace Rm;

/// <summary>
/// A block of a state's allocator that another state counts. Its <see cref="Return"/> is the deallocator there: an allocator that any
/// thread may call gets the block at once, one of a single thread through the mailbox of the state it was taken from.
/// </summary>
/// <param name="block">The block.</param>
/// <param name="allocator">Whose it is.</param>
/// <param name="size">What the allocator is told of its size.</param>
/// <param name="alignment">What the allocator is told of its alignment.</param>
/// <param name="home">Where the block goes back to; null for an allocator that is safe on any thread.</param>
internal sealed unsafe class LentBlock(nint block, INativeAllocator allocator, nuint size, nuint alignment, Mailbox? home) : InboxItem(block)
{
    internal INativeAllocator Allocator { get; } = allocator;

    internal nuint Size { get; } = size;

    internal nuint Alignment { get; } = alignment;

    /// <summary>The mark in a heap whose state counts by marks; null elsewhere. Good for as long as the block is out.</summary>
    internal byte* CountMark { get; init; }

    /// <summary>Whether the state that the block goes back to is gone.</summary>
    internal bool IsHomeless
    {
        get
        {
            Mailbox? last = home;
            while (last?.Successor is { } successor)
            {
                last = successor;
            }

            return last is null || last.IsClosed;
        }
    }

    /// <summary>Whether a mailbox is, or has replaced, the one that the block goes back to.</summary>
    internal bool IsOf(Mailbox? mailbox)
    {
        for (Mailbox? box = home; box is not null; box = box.Successor)
        {
            if (ReferenceEquals(box, mailbox))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Gives the block back, on any thread; needs no memory.</summary>
    /// <param name="_">The block.</param>
    internal void Return(nint _)
    {
        Mailbox? last = null;
        for (Mailbox? box = home; box is not null; box = box.Successor)
        {
            if (box.TryPost(this))
            {
                return;
            }

            last = box;
        }

        if (last is null)
        {
            Free();
            return;
        }

        // The state is gone, and with it the thread whose allocator this was: those who still have its blocks take turns.
        lock (last.Turns)
        {
            Free();
        }
    }

    /// <summary>The block is out for good: whoever detached it frees it at its allocator.</summary>
    internal void GiveUp()
    {
        if (CountMark != null)
        {
            *CountMark = Mark.Live;
        }
    }

    /// <summary>Frees the block; where its allocator belongs to one thread, on that one.</summary>
    internal void Free()
    {
        if (Allocator is SizeClassHeap heap)
        {
            heap.FreeElsewhere(Block, counted: true, nameof(RmState.RmRelease));
        }
        else
        {
            Allocator.Free(Block, Size, Alignment);
        }
    }
}
