using Rm.Memory;

namespace Rm.Arenas;

// What a state asks its allocator for: an element for every size that fits.
public sealed unsafe partial class BlockHeap : INativeAllocator
{
    bool INativeAllocator.KnowsSizes => true;

    nint INativeAllocator.Allocate(nuint size) => Fits(size) && TryAlloc(out nint element) ? element : 0;

    nint INativeAllocator.AllocateZeroed(nuint size)
    {
        if (!Fits(size))
        {
            return 0;
        }

        nint element = Pop(_cache->Stride);
        return element != 0 ? element : Take(_cache->Stride);
    }

    nint INativeAllocator.AllocateAligned(nuint size, nuint alignment)
    {
        if (!nuint.IsPow2(alignment))
        {
            throw new ArgumentOutOfRangeException(nameof(alignment), (ulong)alignment, "An alignment is a power of two.");
        }

        return Fits(size) && alignment <= Alignment && TryAlloc(out nint element) ? element : 0;
    }

    nint INativeAllocator.Reallocate(nint block, nuint oldSize, nuint newSize, nuint alignment)
    {
        long operations = Begin();
        try
        {
            if (_passed is not null)
            {
                _ = _passed.SizeOf(block, nameof(INativeAllocator.Reallocate));
            }
            else
            {
                _ = _store.FindOrThrow(block, nameof(INativeAllocator.Reallocate), this, out _);
            }
        }
        finally
        {
            End(operations, changed: false);
        }

        return newSize > ElementSize ? 0 : block;
    }

    void INativeAllocator.Free(nint block, nuint size, nuint alignment) => Free(block);

    nuint INativeAllocator.UsableSize(nint block)
    {
        ThrowIfDisposed();
        return IsLive(block) ? ElementSize : 0;
    }

    AddressOwner INativeAllocator.OwnerOf(nint address) => Contains(address) ? AddressOwner.Mine : AddressOwner.Foreign;

    private bool Fits(nuint size)
    {
        ThrowIfDisposed();
        return size <= ElementSize;
    }

    private bool IsLive(nint block)
    {
        if (_passed is not null)
        {
            return _passed.TryGetSize(block, out _);
        }

        Slab* slab = _store.SlabOf(block);
        return slab != null && Slab.TryIndexOf(slab, block, out int index) && !Mark.IsFree(Slab.Marks(slab)[index]);
    }
}
