using System.Runtime.CompilerServices;
using Rm.Counting;
using Rm.Memory;

namespace Rm;

// Calls to the allocator: malloc's directly, a user's through the interface and guarded, since it may throw.
public sealed unsafe partial class RmState
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FreeMalloced(nint block) => MallocAllocator.Free(block, 0);

    private nint AllocateNative(AllocationKind kind, nuint size, nuint alignment, uint info)
    {
        if (_usesMalloc)
        {
            return kind switch
            {
                AllocationKind.Zeroed => MallocAllocator.Calloc(size),
                AllocationKind.Aligned => MallocAllocator.Aligned(size, alignment),
                _ => MallocAllocator.Malloc(size),
            };
        }

        try
        {
            return kind switch
            {
                AllocationKind.Zeroed => _allocator.AllocateZeroed(size),
                AllocationKind.Aligned => _allocator.AllocateAligned(size, alignment),
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

    private nint ReallocateNative(nint block, nuint oldSize, nuint newSize, nuint alignment, uint info)
    {
        if (_usesMalloc)
        {
            return MallocAllocator.Resize(block, oldSize, newSize, alignment);
        }

        try
        {
            return _allocator.Reallocate(block, oldSize, newSize, alignment);
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
        else
        {
            _allocator.Free(block, size, alignment);
        }
    }

    /// <summary>The known size of a block with this companion.</summary>
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

    private void DropRecord(uint info)
    {
        if (BlockInfo.HasRecord(info))
        {
            uint index = BlockInfo.RecordIndex(info);
            if (_table.Records.At(index)->Kind == DeallocatorKind.Delegate)
            {
                _deallocators.Remove((int)_table.Records.At(index)->Context);
            }

#if RM_MUTATIONS
            if (Mutation.Is(Mutation.RecordLeaked))
            {
                return;
            }
#endif
            _table.Records.Free(index);
        }
    }
}
