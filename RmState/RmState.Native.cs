using System.Runtime.CompilerServices;
using Rm.Counting;
using Rm.Memory;

namespace Rm;

// Calls to the allocator: malloc's directly, a user's through the interface and guarded, since it may throw.
public sealed unsafe partial class RmState
{
    // Entering libc costs as much as what it does there: a batch shares the way. The first block is for the caller.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nint MallocBatch(SpareBlocks* spares, uint sizeClass)
    {
        nuint size = SpareBlocks.LargestOf(sizeClass);
        nint first = MallocAllocator.Malloc(size);
        for (int more = spares->BatchOf(sizeClass) - 1; more > 0; more--)
        {
            nint block = MallocAllocator.Malloc(size);
            if (block == 0 || !spares->Keep(sizeClass, block))
            {
                // No memory for more than was asked for is no failure.
                FreeUnlessNull(block);
                break;
            }
        }

        return first;
    }

    /// <summary>Frees a block for which there is no room among the spare ones, and with it those kept longest.</summary>
    /// <returns>0, what a release returns.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long FreeBatch(uint sizeClass, nint block)
    {
        SpareBlocks* spares = _header->Spares;
        Span<nint> oldest = stackalloc nint[SpareBlocks.LongestBatch];
        int count = spares->TakeOldest(sizeClass, oldest[..(spares->BatchOf(sizeClass) - 1)]);
        GC.KeepAlive(this);
        MallocAllocator.Free(block, 0);
        foreach (nint old in oldest[..count])
        {
            MallocAllocator.Free(old, 0);
        }

        return 0;
    }

    private static void FreeUnlessNull(nint block)
    {
        if (block != 0)
        {
            MallocAllocator.Free(block, 0);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long FreeMalloced(nint block)
    {
        // The result is what a release returns: the call is its last act and so becomes a jump.
        MallocAllocator.Free(block, 0);
        return 0;
    }

    private nint AllocateNative(AllocationKind kind, nuint size, nuint alignment, uint info)
    {
        if (_usesMalloc)
        {
            nint block = AllocateMalloced(kind, size, alignment);

            // Spare blocks must not stand in the way of a live one.
            return block != 0 || !FreeSpares() ? block : AllocateMalloced(kind, size, alignment);
        }

        try
        {
            return kind switch
            {
                AllocationKind.Zeroed => _allocator.AllocateZeroed(size),
                AllocationKind.Aligned when alignment > MallocAllocator.DefaultAlignment => _allocator.AllocateAligned(size, alignment),
                _ => _allocator.Allocate(size),
            };
        }
        catch
        {
            DropRecord(info);
            Cancel();
            throw;
        }
    }

    private nint AllocateMalloced(AllocationKind kind, nuint size, nuint alignment)
    {
        if (alignment > MallocAllocator.DefaultAlignment)
        {
            return MallocAllocator.Aligned(size, alignment);
        }

        nint spare = size <= SpareBlocks.LargestSize ? _header->Spares->Take(SpareBlocks.ClassOf(size)) : 0;
        if (spare != 0)
        {
            if (kind == AllocationKind.Zeroed)
            {
                new Span<byte>((void*)spare, (int)size).Clear();
            }

            return spare;
        }

        nuint rounded = SpareBlocks.Rounded(size);
        return kind == AllocationKind.Zeroed ? MallocAllocator.Calloc(rounded) : MallocAllocator.Malloc(rounded);
    }

    /// <summary>Gives every spare block back to libc.</summary>
    /// <returns>False when there was none.</returns>
    private bool FreeSpares()
    {
        bool any = false;
        for (nint block; (block = _header->Spares->TakeAny()) != 0; any = true)
        {
            MallocAllocator.Free(block, 0);
        }

        return any;
    }

    private nint ReallocateNative(nint block, nuint oldSize, nuint newSize, nuint alignment, uint info)
    {
        if (_usesMalloc)
        {
            // An attached block was not asked for by its class: only blocks of this state may be resized within theirs.
            return MallocAllocator.Resize(block, oldSize, alignment == 0 ? SpareBlocks.Rounded(newSize) : newSize, alignment);
        }

        try
        {
            return _heap is null
                ? _allocator.Reallocate(block, oldSize, newSize, alignment)
                : _heap.Resize(block, newSize, alignment, counted: true, nameof(RmRealloc));
        }
        catch
        {
            DropRecord(info);
            Cancel();
            throw;
        }
    }

    private void FreeNative(nint block, nuint size, nuint alignment)
    {
        if (_usesMalloc)
        {
            MallocAllocator.Free(block, alignment);
        }
        else if (_heap is not null)
        {
            _heap.FreeElsewhere(block, counted: true, nameof(RmRelease));
        }
        else
        {
            _allocator.Free(block, size, alignment);
        }
    }

    /// <summary>The known size of a block with this info.</summary>
    private bool TrySizeOf(uint info, nint block, out nuint size)
    {
        DeallocatorKind kind = BlockInfo.IsAttached(info) ? DeallocatorKind.LibC : DeallocatorKind.Allocator;
        if (BlockInfo.HasRecord(info))
        {
            SideRecord* record = _table.Records.At(BlockInfo.RecordIndex(info));
            kind = record->Kind;
            size = record->Size;
            if (size != SideRecord.UnknownSize)
            {
                return true;
            }
        }
        else if (BlockInfo.HasSize(info))
        {
            size = BlockInfo.Size(info);
            return true;
        }

        size = _knowsSizes && kind == DeallocatorKind.Allocator ? _allocator.UsableSize(block) : 0;
        return _knowsSizes && kind == DeallocatorKind.Allocator;
    }

    private nuint AlignmentOf(uint info)
    {
        int log2 = BlockInfo.HasRecord(info)
            ? _table.Records.At(BlockInfo.RecordIndex(info))->AlignmentLog2
            : BlockInfo.AlignmentLog2(info);
        return log2 == 0 ? 0 : (nuint)1 << log2;
    }

    private DeallocatorKind KindOf(uint info)
    {
        if (BlockInfo.HasRecord(info))
        {
            return _table.Records.At(BlockInfo.RecordIndex(info))->Kind;
        }

        return BlockInfo.IsAttached(info) ? DeallocatorKind.LibC : DeallocatorKind.Allocator;
    }
}
