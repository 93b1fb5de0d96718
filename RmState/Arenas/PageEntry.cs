namespace Rm.Arenas;

/// <summary>
/// What the page map says about a granule, in 64 bits. Everything a heap needs to find a block's count is here or one
/// computation away; 0 is memory of nobody.
/// <code>
///  63         48 47                                  7 6       0
///  +------------+-------------------------------------+---------+
///  |  pool tag  |    slab's address without low bits   |  class  |
///  +------------+-------------------------------------+---------+
/// </code>
/// The tag is the pool's number in its arena. Slabs are aligned to 128 bytes. The class is the size class of a slab of one granule,
/// or one of the codes below, whose owners ask the slab itself.
/// </summary>
internal static unsafe class PageEntry
{
    internal const int TagShift = 48;
    internal const int SlabAlignment = 1 << ClassBits;
    internal const int MaxClass = 125;

    /// <summary>The slab holds one block, which begins it.</summary>
    internal const int SingleClass = 126;

    /// <summary>The slab's elements are of a size of its own.</summary>
    internal const int CustomClass = 127;

    private const int ClassBits = 7;
    private const ulong ClassMask = (1 << ClassBits) - 1;
    private const ulong SlabMask = ((1UL << TagShift) - 1) & ~ClassMask;

    internal static ulong Of(ushort tag, Slab* slab, int sizeClass) => ((ulong)tag << TagShift) | (ulong)slab | (uint)sizeClass;

    internal static ushort Tag(ulong entry) => (ushort)(entry >> TagShift);

    internal static Slab* Slab(ulong entry) => (Slab*)(entry & SlabMask);

    internal static int Class(ulong entry) => (int)(entry & ClassMask);
}
