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

    // What the fast paths reach without going through a fixed buffer.
    private const int ReciprocalsOffset = 40;
    private const int CacheOffsetsOffset = ReciprocalsOffset + (MaxClasses * sizeof(uint));
    private const int SizeSlots = (int)(SizeClasses.LargestInTable / 16) + 1;

    /// <summary>The arena's page map.</summary>
    public nint MapRoot;

    /// <summary>The heap's tag where page entries have it.</summary>
    public ulong TagBits;

    /// <summary>Twice the operations done; odd while one is under way.</summary>
    public long Operations;

    /// <summary>The 4 GiB of addresses that <see cref="Leaf"/> knows: where this heap's memory was met last.</summary>
    public nint Window;

    /// <summary>The page map's leaf of that window.</summary>
    public nint Leaf;

    /// <summary>By page map class: 2^32 divided by the stride, rounded up; 0 where the slab itself must be asked.</summary>
    public fixed uint Reciprocals[MaxClasses];

    /// <summary>By size in units of 16 bytes: the offset of the class's cache from the tables.</summary>
    public fixed ushort CacheOffsets[SizeSlots + 3];

    /// <summary>The cache for a size of at most <see cref="SizeClasses.LargestInTable"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ClassCache* SmallCache(HeapTables* tables, nuint size) =>
        (ClassCache*)((byte*)tables + *(ushort*)((byte*)tables + CacheOffsetsOffset + (((size + 15) >> 4) * sizeof(ushort))));

    /// <summary>The cache of a class; they lie behind the tables, by number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ClassCache* CacheAt(HeapTables* tables, int number) => (ClassCache*)((byte*)tables + Bytes) + number;

    /// <summary>
    /// What the page map says of an address in the window, without this heap's tag: what another's leaves has more than 48 bits. So has
    /// what an address outside of the window gets.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong EntryOf(HeapTables* tables, nint address)
    {
        nuint offset = (nuint)(address - tables->Window);
        return offset >> PageMap.LeafShift == 0 ? ((ulong*)tables->Leaf)[offset >> Granule.Shift] ^ tables->TagBits : ulong.MaxValue;
    }

    /// <summary>
    /// Where in its granule an address lies, as a product: its high half is the element's index, and its low half is less than the
    /// reciprocal if an element begins there.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong PlaceOf(nint address, uint reciprocal) => (ulong)(uint)(address & (Granule.Bytes - 1)) * reciprocal;

    /// <summary>The mark at a place. What is behind the last element has a mark that no element has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* MarkAt(ulong entry, ulong place) =>
        (byte*)((entry & ~(ulong)(MaxClasses - 1)) + (place >> 32)) + Slab.HeaderBytes;

    // By its place rather than as a fixed buffer, whose every use checks for null.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint ReciprocalOf(HeapTables* tables, ulong entry) =>
        *(uint*)((byte*)tables + ReciprocalsOffset + ((entry & (MaxClasses - 1)) * sizeof(uint)));

    /// <summary>The class of a block whose mark was found.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ClassCache* CacheOf(HeapTables* tables, ulong entry) =>
        (ClassCache*)((byte*)tables + Bytes + ((entry & (MaxClasses - 1)) * ClassCache.Bytes));

    /// <summary>Moves the window to an address of this heap's slabs that the short ways did not find.</summary>
    internal static void MoveWindow(HeapTables* tables, nint address)
    {
        if ((nuint)(address - tables->Window) >> PageMap.LeafShift != 0)
        {
            tables->Window = (nint)((nuint)address >> PageMap.LeafShift << PageMap.LeafShift);
            tables->Leaf = PageMap.LeafOf(tables->MapRoot, address);
        }
    }

    /// <summary>Finds the mark of a block in a slab of any length, by asking the slab.</summary>
    /// <param name="tables">The heap's.</param>
    /// <param name="block">Any address.</param>
    /// <returns>Null when there is no such block in the window.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* FindBySlab(HeapTables* tables, nint block)
    {
        ulong entry = EntryOf(tables, block);
        if (entry >> PageEntry.TagShift != 0)
        {
            return null;
        }

        var slab = (Slab*)(entry & ~(ulong)(MaxClasses - 1));
        return Slab.TryIndexOf(slab, block, out int index) ? Slab.Marks(slab) + index : null;
    }
}
