using System.Runtime.InteropServices;
using Rm.Violations;

namespace Rm.Arenas;

/// <summary>
/// The blocks of a pool in a pass-through arena: every one is malloc's. Each is remembered, so that totals, limits and checks stay true.
/// </summary>
internal sealed unsafe class PassedBlocks(Pool pool)
{
    // Only Windows tells aligned blocks from others, and there all of these are.
    private const nuint AnyAlignment = 32;
    private const nuint DefaultAlignment = 16;

    private readonly Dictionary<nint, nuint> _blocks = [];
    private nuint _bytes;

    internal PoolUsage Usage => new(_blocks.Count, _bytes, 0, _bytes, _blocks.Count);

    /// <summary>The blocks' addresses, in no particular order.</summary>
    internal nint[] Addresses => [.. _blocks.Keys];

    internal bool TryGetSize(nint block, out nuint size) => _blocks.TryGetValue(block, out size);

    /// <summary>Whether an address lies in one of the blocks. O(blocks).</summary>
    internal bool Holds(nint address) => _blocks.ContainsKey(address) || StartOf(address) != 0;

    /// <summary>Takes a block.</summary>
    /// <param name="size">Bytes, any value.</param>
    /// <param name="alignment">A power of two; 0 for the default.</param>
    /// <param name="zeroed">Whether its bytes shall be 0.</param>
    /// <returns>0 when there is no memory, or the commit limit is reached.</returns>
    internal nint Take(nuint size, nuint alignment, bool zeroed)
    {
        Arena arena = pool.Arena;
        if (size > (nuint)nint.MaxValue || !arena.TryPass(size))
        {
            return 0;
        }

        nint block = arena.Memory.AllocateAligned(nuint.Max(size, 1), nuint.Max(alignment, DefaultAlignment));
        if (block == 0)
        {
            arena.Unpass(size);
            return 0;
        }

        if (zeroed)
        {
            NativeMemory.Clear((void*)block, size);
        }

        _blocks.Add(block, size);
        _bytes += size;
        return block;
    }

    internal void Free(nint block, string member)
    {
        nuint size = SizeOf(block, member);
        _ = _blocks.Remove(block);
        _bytes -= size;
        Return(block, size);
    }

    internal nint Resize(nint block, nuint newSize, nuint alignment, string member)
    {
        nuint size = SizeOf(block, member);
        nint moved = Take(newSize, alignment, zeroed: false);
        if (moved != 0)
        {
            NativeMemory.Copy((void*)block, (void*)moved, nuint.Min(size, newSize));
            Free(block, member);
        }

        return moved;
    }

    internal void FreeAll()
    {
        foreach ((nint block, nuint size) in _blocks)
        {
            Return(block, size);
        }

        _blocks.Clear();
        _bytes = 0;
    }

    private void Return(nint block, nuint size)
    {
        pool.Arena.Unpass(size);
        pool.Arena.Memory.FreeAligned(block, AnyAlignment);
    }

    private nint StartOf(nint address)
    {
        foreach ((nint start, nuint bytes) in _blocks)
        {
            if ((nuint)(address - start) < bytes)
            {
                return start;
            }
        }

        return 0;
    }

    /// <summary>Finds the size of a block.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="MisalignedPointerException">The address is inside a block.</exception>
    /// <exception cref="ForeignBlockException">There is no such block.</exception>
    internal nuint SizeOf(nint block, string member)
    {
        pool.ThrowIfNull(block, member);
        if (_blocks.TryGetValue(block, out nuint size))
        {
            return size;
        }

        nint start = StartOf(block);
        throw start == 0
            ? new ForeignBlockException(
                $"{member} of 0x{block:x}: it is not a block of {pool.NameForMessages}, or was freed before; a pass-through heap cannot tell which.", block)
            : new MisalignedPointerException(
                $"{member} of 0x{block:x}: it points into the block at 0x{start:x} of {pool.NameForMessages}. Pass the address that was allocated.", block);
    }
}
