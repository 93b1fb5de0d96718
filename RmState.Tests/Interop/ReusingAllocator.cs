using System.Runtime.InteropServices;
using Rm.Memory;

namespace Rm.Tests.Interop;

/// <summary>
/// Hands the block that was freed last out again at once, and always moves when it resizes: what makes stale addresses bite.
/// Blocks are 4 KiB each. Disposing it fails when a block is still out.
/// </summary>
internal sealed unsafe class ReusingAllocator : INativeAllocator, IDisposable
{
    private const nuint BlockSize = 4096;

    private readonly Stack<nint> _free = new();
    private readonly HashSet<nint> _out = [];

    public bool KnowsSizes => false;

    public int Outstanding => _out.Count;

    /// <summary>Runs inside every allocation, while the state is in the middle of its own.</summary>
    public Action? OnAllocate { get; set; }

    public nint Allocate(nuint size)
    {
        OnAllocate?.Invoke();
        if (size > BlockSize)
        {
            return 0;
        }

        nint block = _free.TryPop(out nint free) ? free : (nint)NativeMemory.AlignedAlloc(BlockSize, 64);
        _out.Add(block);
        return block;
    }

    public nint AllocateZeroed(nuint size)
    {
        nint block = Allocate(size);
        if (block != 0)
        {
            NativeMemory.Clear((void*)block, size);
        }

        return block;
    }

    public nint AllocateAligned(nuint size, nuint alignment) => alignment > 64 ? 0 : Allocate(size);

    public nint Reallocate(nint block, nuint oldSize, nuint newSize, nuint alignment)
    {
        nint moved = Allocate(newSize);
        if (moved != 0)
        {
            NativeMemory.Copy((void*)block, (void*)moved, BlockSize);
            Free(block, oldSize, alignment);
        }

        return moved;
    }

    public void Free(nint block, nuint size, nuint alignment)
    {
        Assert.True(_out.Remove(block), "a block was freed that is not out");
        _free.Push(block);
    }

    public nuint UsableSize(nint block) => BlockSize;

    public AddressOwner OwnerOf(nint address) => AddressOwner.Unknown;

    public void Dispose()
    {
        foreach (nint block in _free)
        {
            NativeMemory.AlignedFree((void*)block);
        }

        _free.Clear();
        Assert.Empty(_out);
    }
}
