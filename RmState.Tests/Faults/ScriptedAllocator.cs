using Rm.Memory;

namespace Rm.Tests.Faults;

/// <summary>An allocator whose next address the test chooses. Its blocks are addresses only: nobody reads or writes them.</summary>
internal sealed class ScriptedAllocator(bool knowsSizes = false) : INativeAllocator
{
    private readonly List<nint> _freed = [];
    private readonly Dictionary<nint, nuint> _sizes = [];
    private nint _bump = 0x1000_0000;

    /// <summary>The address that the next request gets; 0 for a fresh one.</summary>
    public nint Next { get; set; }

    /// <summary>What was freed, in order.</summary>
    public IReadOnlyList<nint> Freed => _freed;

    public bool KnowsSizes => knowsSizes;

    public nint Allocate(nuint size)
    {
        nint block = Next != 0 ? Next : _bump += 0x1_0000;
        Next = 0;
        _sizes[block] = size;
        return block;
    }

    public nint AllocateZeroed(nuint size) => Allocate(size);

    public nint AllocateAligned(nuint size, nuint alignment) => Allocate(size);

    public nint Reallocate(nint block, nuint oldSize, nuint newSize, nuint alignment)
    {
        Next = Next != 0 ? Next : block;
        return Allocate(newSize);
    }

    public void Free(nint block, nuint size, nuint alignment) => _freed.Add(block);

    public nuint UsableSize(nint block) => _sizes[block];

    public AddressOwner OwnerOf(nint address) => AddressOwner.Unknown;
}
