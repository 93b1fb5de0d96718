using Rm.Memory;

namespace Rm;

/// <summary>A block on its way from a state to a receiver, with all that was known of it. Neither tracks it meanwhile.</summary>
internal sealed unsafe class HandedBlock(nint block, Deallocator deallocator) : InboxItem(block)
{
    /// <summary>All references, which move together.</summary>
    internal required long Count { get; init; }

    /// <summary>Bytes; null if unknown.</summary>
    internal required nuint? Size { get; init; }

    /// <summary>Log2 of the alignment asked for; 0 for the default.</summary>
    internal required int AlignmentLog2 { get; init; }

    /// <summary>Where the block was allocated or attached, if that was recorded; else where it was handed over.</summary>
    internal required RmSite Site { get; init; }

    internal Deallocator Deallocator { get; } = deallocator;

    /// <summary>The loan, where the block is part of an allocator that libc's free knows nothing of.</summary>
    internal LentBlock? Loan => Deallocator.Delegate?.Target as LentBlock;

    internal nuint Alignment => AlignmentLog2 == 0 ? 0 : (nuint)1 << AlignmentLog2;

    /// <summary>Frees the block because nobody is left to receive it.</summary>
    internal void Deallocate()
    {
        switch (Deallocator.Kind)
        {
            case Counting.DeallocatorKind.Function:
                ((delegate* unmanaged<void*, void>)Deallocator.Function)((void*)Block);
                break;
            case Counting.DeallocatorKind.FunctionWithContext:
                ((delegate* unmanaged<void*, void*, void>)Deallocator.Function)((void*)Block, (void*)Deallocator.Context);
                break;
            case Counting.DeallocatorKind.Delegate:
                Deallocator.Delegate!(Block);
                break;
            default:
                MallocAllocator.Free(Block, Alignment);
                break;
        }
    }
}
