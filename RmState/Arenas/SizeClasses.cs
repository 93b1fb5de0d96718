using System.Numerics;
using System.Runtime.CompilerServices;

namespace Rm.Arenas;

/// <summary>
/// The sizes a size-class heap hands out: multiples of 16 up to 128 bytes, then eight to a doubling up to 1 MiB, so that a block
/// above 128 bytes is at most 1/8 larger than asked for. Numbered from 1; 0 is none.
/// </summary>
internal static class SizeClasses
{
    internal const int Count = 112;

    /// <summary>The classes up to <see cref="LargestInGranule"/>.</summary>
    internal const int CountInGranule = 72;

    /// <summary>The largest size of a class; larger blocks have mappings of their own.</summary>
    internal const nuint Largest = 1 << 20;

    /// <summary>Slabs of the classes up to this size are one granule, and found by the page map alone.</summary>
    internal const nuint LargestInGranule = 32 * 1024;

    /// <summary>Sizes up to this one are looked up, not computed.</summary>
    internal const nuint LargestInTable = 1024;

    private const int LinearClasses = 8;
    private const int StepsLog2 = 3;
    private const int FirstLog2 = 7;

    /// <summary>The class of a size from 1 to <see cref="Largest"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Of(nuint size)
    {
        if (size <= 1 << FirstLog2)
        {
            return size == 0 ? 1 : (int)((size + 15) >> 4);
        }

        int log2 = BitOperations.Log2(size - 1);
        int step = (int)((size - 1) >> (log2 - StepsLog2)) & ((1 << StepsLog2) - 1);
        return LinearClasses + ((log2 - FirstLog2) << StepsLog2) + step + 1;
    }

    /// <summary>The size of a class's blocks.</summary>
    internal static nuint SizeOf(int number)
    {
        if (number <= LinearClasses)
        {
            return (nuint)number * 16;
        }

        int index = number - LinearClasses - 1;
        int log2 = FirstLog2 + (index >> StepsLog2);
        int step = index & ((1 << StepsLog2) - 1);
        return (nuint)(step + 1 + (1 << StepsLog2)) << (log2 - StepsLog2);
    }

    /// <summary>The least class whose blocks hold a size and stand at multiples of an alignment, which is at most a granule.</summary>
    /// <returns>0 when there is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Of(nuint size, nuint alignment)
    {
#if RM_MUTATIONS
        alignment = ArenaMutation.Is(ArenaMutation.AlignmentHalved) ? alignment / 2 : alignment;
#endif
        // A class's step is a power of two: a multiple of the alignment is rounded up to another.
        nuint rounded = (nuint.Max(size, 1) + alignment - 1) & ~(alignment - 1);
        return rounded > Largest || rounded < size ? 0 : Of(rounded);
    }

    /// <summary>The alignment that every block of a slab has.</summary>
    internal static nuint AlignmentOf(nuint stride) =>
        stride > LargestInGranule ? Granule.Bytes : stride & (nuint)(-(nint)stride);
}
