using System.Runtime.CompilerServices;
using Rm.Memory;

namespace Rm.Arenas;

/// <summary>
/// Says whose any address is, in two dependent loads and without a branch: a root of 2^16 entries, each the offset of a leaf for
/// 4 GiB, and leaves of 2^16 entries, one a granule. An address of nobody meets the empty leaf behind the root, whose offset is 0,
/// so that neither needs to be filled: untouched pages read as zero.
/// </summary>
/// <remarks>Written under the arena's lock; read without.</remarks>
internal sealed unsafe class PageMap : IDisposable
{
    /// <summary>A leaf is for 2^32 bytes.</summary>
    internal const int LeafShift = 32;

    private const int IndexMask = 0xFFFF;
    private const nuint TableBytes = (IndexMask + 1) * sizeof(ulong);

    private readonly IVirtualMemory _memory;
    private readonly List<NativeArea> _leaves = [];
    private readonly NativeArea _root;

    /// <summary>Makes a map that knows no address.</summary>
    /// <param name="memory">Where its tables come from.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for the root.</exception>
    internal PageMap(IVirtualMemory memory)
    {
        _memory = memory;
        _root = NativeArea.Take(memory, 2 * TableBytes);
        if (_root.Start == 0)
        {
            throw NoMemory.For("the page map of an arena");
        }
    }

    /// <summary>What <see cref="Lookup"/> takes.</summary>
    internal nint Root => _root.Start;

    internal nuint Bytes => _root.Bytes + ((nuint)_leaves.Count * TableBytes);

    /// <summary>The entry of the granule that an address of at most 48 bits lies in; longer addresses must be sorted out before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Lookup(nint root, nint address)
    {
        nint leaf = *(nint*)(root + (nint)(((nuint)address >> LeafShift) * (nuint)sizeof(nint)));
        return *(ulong*)(root + leaf + (nint)TableBytes + (nint)((((nuint)address >> Granule.Shift) & IndexMask) * (nuint)sizeof(ulong)));
    }

    /// <summary>The entries of the 4 GiB that an address of at most 48 bits lies in.</summary>
    internal static nint LeafOf(nint root, nint address) =>
        root + (nint)TableBytes + *(nint*)(root + (nint)(((nuint)address >> LeafShift) * (nuint)sizeof(nint)));

    /// <summary>The entry of any address.</summary>
    internal ulong Find(nint address) => (nuint)address >> PageEntry.TagShift != 0 ? 0 : Lookup(Root, address);

    /// <summary>Makes sure that entries of a stretch can be set.</summary>
    /// <returns>False when there is no memory, or the addresses have more than 48 bits.</returns>
    internal bool Prepare(nint start, nuint bytes)
    {
        nuint last = ((nuint)start + bytes - 1) >> LeafShift;
        if (last > IndexMask)
        {
            return false;
        }

        for (nuint window = (nuint)start >> LeafShift; window <= last; window++)
        {
            nint* slot = (nint*)Root + window;
            if (*slot != 0)
            {
                continue;
            }

            NativeArea leaf = NativeArea.Take(_memory, TableBytes);
            if (leaf.Start == 0)
            {
                return false;
            }

            _leaves.Add(leaf);
            Volatile.Write(ref *slot, leaf.Start - Root - (nint)TableBytes);
        }

        return true;
    }

    /// <summary>Sets the entries of granules that were prepared.</summary>
    internal void Set(nint start, nuint granules, ulong entry)
    {
        for (nuint i = 0; i < granules; i++)
        {
            nuint address = (nuint)start + (i << Granule.Shift);
            nint leaf = ((nint*)Root)[address >> LeafShift];
            Volatile.Write(ref ((ulong*)(Root + leaf + (nint)TableBytes))[(address >> Granule.Shift) & IndexMask], entry);
        }
    }

    internal nuint MeasureResident() => _root.MeasureResident(_memory) + _leaves.Aggregate((nuint)0, (sum, leaf) => sum + leaf.MeasureResident(_memory));

    public void Dispose()
    {
        _leaves.ForEach(leaf => leaf.Release(_memory));
        _leaves.Clear();
        _root.Release(_memory);
    }
}
