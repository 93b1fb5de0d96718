using Rm.Memory;

namespace Rm.Tests.Samples;

/// <summary>An allocator of one's own: malloc with a limit on the bytes that live at once.</summary>
internal sealed class BudgetAllocator(nuint limit) : INativeAllocator
{
    private readonly MallocAllocator _malloc = new();

    /// <summary>Bytes that live now.</summary>
    public nuint Used { get; private set; }

    // The state keeps the sizes and passes them to Free.
    public bool KnowsSizes => false;

    public nint Allocate(nuint size) => Fits(size) ? Charge(_malloc.Allocate(size), size) : 0;

    public nint AllocateZeroed(nuint size) => Fits(size) ? Charge(_malloc.AllocateZeroed(size), size) : 0;

    public nint AllocateAligned(nuint size, nuint alignment) => Fits(size) ? Charge(_malloc.AllocateAligned(size, alignment), size) : 0;

    public nint Reallocate(nint block, nuint oldSize, nuint newSize, nuint alignment)
    {
        nint moved = newSize <= oldSize || Fits(newSize - oldSize) ? _malloc.Reallocate(block, oldSize, newSize, alignment) : 0;
        if (moved != 0)
        {
            Used = Used - oldSize + newSize;
        }

        return moved;
    }

    public void Free(nint block, nuint size, nuint alignment)
    {
        _malloc.Free(block, size, alignment);
        Used -= size;
    }

    public nuint UsableSize(nint block) => 0;

    public AddressOwner OwnerOf(nint address) => AddressOwner.Unknown;

    private bool Fits(nuint more) => more <= limit - Used;

    private nint Charge(nint block, nuint size)
    {
        Used += block != 0 ? size : 0;
        return block;
    }
}
