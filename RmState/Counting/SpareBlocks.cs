using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rm.Counting;

/// <summary>
/// A few malloc blocks per size class, kept by a state for its next allocations: a call into libc and back costs more than all
/// counting, most of it before the first instruction of libc. Blocks therefore come and go in batches. What is kept is bounded
/// (128 KiB in all) and listed outside the blocks.
/// </summary>
/// <remarks>
/// A class is what malloc rounds to anyway: 16 bytes apart, less 8 for its own word. Blocks of a class are always asked for with
/// its largest size, so each serves every size of the class, whatever malloc is underneath.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct SpareBlocks
{
    internal const int Bytes = Classes * (2 + (PerClass * sizeof(ulong)));
    internal const nuint LargestSize = 1000;

    private const int Classes = 64;
    private const int PerClass = 16;

    private fixed byte _counts[Classes];
    private fixed byte _limits[Classes];
    private fixed ulong _blocks[Classes * PerClass];

    /// <summary>Prepares zeroed memory for use.</summary>
    /// <param name="on">Whether blocks are kept at all.</param>
    internal void Open(bool on)
    {
        const int manyUpTo = 16;
        const int someUpTo = 32;
        for (int i = 0; i < Classes; i++)
        {
            _limits[i] = (byte)(!on ? 0 : i <= manyUpTo ? PerClass : i <= someUpTo ? PerClass / 2 : PerClass / 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint ClassOf(nuint size) => (uint)(size + 23) >> 4;

    /// <summary>What to ask malloc for, so that the block serves its whole class; a larger size is its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static nuint Rounded(nuint size) => size <= LargestSize ? LargestOf(ClassOf(size)) : size;

    /// <summary>The largest size of a class.</summary>
    internal static nuint LargestOf(uint sizeClass) => ((nuint)sizeClass << 4) - 8;

    /// <summary>Takes a block of a class.</summary>
    /// <returns>0 when none is kept.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal nint Take(uint sizeClass)
    {
        uint count = _counts[sizeClass];
        if (count == 0)
        {
            return 0;
        }

        _counts[sizeClass] = (byte)(count - 1);
        return (nint)_blocks[(sizeClass * PerClass) + count - 1];
    }

    /// <summary>Keeps a block of a class.</summary>
    /// <returns>False when enough are kept already: the caller frees it.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Keep(uint sizeClass, nint block)
    {
        uint count = _counts[sizeClass];
        if (count >= _limits[sizeClass])
        {
            return false;
        }

        _blocks[(sizeClass * PerClass) + count] = (ulong)block;
        _counts[sizeClass] = (byte)(count + 1);
        return true;
    }

    /// <summary>How many blocks of a class come or go at once, the one that is wanted or given up included.</summary>
    internal readonly int BatchOf(uint sizeClass) => Math.Max(1, _limits[sizeClass] / 2);

    /// <summary>Takes out the blocks of a class that were kept longest.</summary>
    /// <returns>How many there were, up to the length of the list.</returns>
    internal int TakeOldest(uint sizeClass, Span<nint> blocks)
    {
        int count = _counts[sizeClass];
        int taken = Math.Min(count, blocks.Length);
        fixed (ulong* first = &_blocks[sizeClass * PerClass])
        {
            var kept = new Span<nint>(first, count);
            kept[..taken].CopyTo(blocks);
            kept[taken..].CopyTo(kept);
        }

        _counts[sizeClass] = (byte)(count - taken);
        return taken;
    }

    /// <summary>The longest batch.</summary>
    internal const int LongestBatch = PerClass / 2;

    /// <summary>Takes any block.</summary>
    /// <returns>0 when none is left.</returns>
    internal nint TakeAny()
    {
        for (uint i = 0; i < Classes; i++)
        {
            if (_counts[i] != 0)
            {
                return Take(i);
            }
        }

        return 0;
    }

    /// <summary>Bytes of the blocks kept.</summary>
    internal readonly long KeptBytes
    {
        get
        {
            long bytes = 0;
            for (int i = 0; i < Classes; i++)
            {
                bytes += _counts[i] * ((i * 16L) - 8);
            }

            return bytes;
        }
    }
}
