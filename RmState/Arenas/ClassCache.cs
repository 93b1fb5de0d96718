using System.Runtime.InteropServices;

namespace Rm.Arenas;

/// <summary>
/// One size class of a heap: a magazine of free elements at hand, last freed first, and the slabs that have room, in lists by how
/// full they are.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct ClassCache
{
    internal const int Bytes = 128;
    internal const int Lists = 4;

    /// <summary>Behind the entry handed out next.</summary>
    public MagazineEntry* Top;

    public MagazineEntry* Bottom;
    public MagazineEntry* Limit;

    /// <summary>The size of an element.</summary>
    public nuint Stride;

    /// <summary>Elements of a slab, and its granules.</summary>
    public int Elements;
    public int Granules;

    /// <summary>How many entries a refill or a flush moves.</summary>
    public int Batch;

    /// <summary>What the page map says of its slabs.</summary>
    public byte MapClass;
    public byte Number;

    /// <summary>Slabs, empty ones among them, and elements that slabs do not mark free.</summary>
    public long Slabs;
    public long EmptySlabs;
    public long Taken;

    /// <summary>The lists of slabs with room, the fullest first.</summary>
    public fixed long Heads[Lists];

    /// <summary>Free elements in the magazine.</summary>
    internal readonly long Cached => Top - Bottom;

    internal readonly long Live => Taken - Cached;
}
