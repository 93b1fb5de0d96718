using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rm.Arenas;

/// <summary>
/// What the fast paths of a heap need, at a fixed native address: every class's magazine, and how to find a block's mark.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct HeapTables
{
    internal const int Bytes = 768;
    internal const int MaxClasses = 128;
    private const int SizeSlots = (int)(SizeClasses.LargestInTable / 16) + 1;

    /// <summary>The arena's page map.</summary>
    public nint MapRoot;

    /// <summary>The heap's tag where page entries have it.</summary>
    public ulong TagBits;

    /// <summary>Twice the operations done; odd while one is under way.</summary>
    public long Operations;

    /// <summary>The classes' caches, by number.</summary>
    public ClassCache* Classes;

    /// <summary>By page map class: 2^32 divided by the stride, rounded up; 0 where the slab itself must be asked.</summary>
    public fixed uint Reciprocals[MaxClasses];

    /// <summary>By size in units of 16 bytes: the offset of the class's cache.</summary>
    public fixed ushort CacheOffsets[SizeSlots + 3];

    /// <summary>The cache for a size of at most <see cref="SizeClasses.LargestInTable"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ClassCache* SmallCache(HeapTables* tables, nuint size) =>
        (ClassCache*)((byte*)tables->Classes + tables->CacheOffsets[(size + 15) >> 4]);

    /// <summary>Finds the mark of a block in a slab of one granule.</summary>
    /// <param name="tables">The heap's.</param>
    /// <param name="block">Any address.</param>
    /// <param name="cache">The block's class.</param>
    /// <returns>Null when there is no such block, or its slab must be asked.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* FindMark(HeapTables* tables, nint block, out ClassCache* cache)
    {
        cache = null;
        if ((nuint)block >> PageEntry.TagShift != 0)
        {
            return null;
        }

        // The tag is compared by taking it away: what is left of another's is no address.
        ulong entry = PageMap.Lookup(tables->MapRoot, block) ^ tables->TagBits;
        uint reciprocal = tables->Reciprocals[entry & (MaxClasses - 1)];
        ulong product = (ulong)(uint)(block & (Granule.Bytes - 1)) * reciprocal;
        if ((uint)product >= reciprocal || entry >> PageEntry.TagShift != 0)
        {
            return null;
        }

        cache = tables->Classes + (entry & (MaxClasses - 1));
        byte* slab = (byte*)(entry & ~(ulong)(MaxClasses - 1));
        nuint index = (nuint)(product >> 32);
        return index < (nuint)cache->Elements ? slab + Slab.HeaderBytes + index : null;
    }

    /// <summary>Finds the mark of a block in a slab of any length, by asking the slab.</summary>
    /// <param name="tables">The heap's.</param>
    /// <param name="block">Any address.</param>
    /// <returns>Null when there is no such block.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* FindMark(HeapTables* tables, nint block)
    {
        if ((nuint)block >> PageEntry.TagShift != 0)
        {
            return null;
        }

        ulong entry = PageMap.Lookup(tables->MapRoot, block) ^ tables->TagBits;
        if (entry >> PageEntry.TagShift != 0)
        {
            return null;
        }

        var slab = (Slab*)(entry & ~(ulong)(MaxClasses - 1));
        return Slab.TryIndexOf(slab, block, out int index) ? Slab.Marks(slab) + index : null;
    }
}
