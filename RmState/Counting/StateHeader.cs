using System.Runtime.InteropServices;

namespace Rm.Counting;

/// <summary>
/// The hot state of an RmState at a fixed native address, 64-byte aligned, of a documented layout: a C header, a crash dump
/// or another copy of the library can read it. The first line of 64 bytes is all that a retain or a release touches beside
/// its slot.
/// </summary>
/// <remarks>
/// A change of the layout raises <see cref="LayoutVersion"/>. A reader must check magic and version and must treat an odd
/// <see cref="Operations"/> as "being changed just now".
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct StateHeader
{
    internal const int Bytes = 384;
    internal const uint ExpectedMagic = 0x31534D52; // "RMS1", little-endian
    internal const ushort LayoutVersion = 2;

    public uint Magic;
    public ushort Version;
    public ushort Size;

    /// <summary>Twice the operations done; odd while one is under way: the busy flag and the version of every enumeration.</summary>
    public long Operations;

    /// <summary>The table that fast paths search; <see cref="Closed"/> while they must not.</summary>
    public ulong* Slots;

    /// <summary>The slot found last, checked against its content before use; never null.</summary>
    public ulong* Last;

    /// <summary>The table's random odd multiplier.</summary>
    public ulong Seed;

    /// <summary>A slot's index is the 32-bit hash shifted right by this.</summary>
    public int Shift;

    public StateModes Modes;

    public long Retains;

    /// <summary>The infos that <see cref="Table"/> has no room for; null while no block needs one.</summary>
    public uint* Info;

    // The second line: what allocating and freeing touch too.
    public long Live;
    public long PeakLive;
    public long LiveBytes;
    public long PeakBytes;
    public long Allocations;

    /// <summary>
    /// The live count at which the next insertion makes the table grow. Entries that wait for their deallocator take room too:
    /// each lowers it by one.
    /// </summary>
    public long GrowAt;

    /// <summary>Dead and moved entries in <see cref="Table"/>.</summary>
    public long Dead;

    /// <summary>The dead count at which removals begin to sweep.</summary>
    public long SweepAt;

    // The third line: the table as it is, whether or not the fast paths may see it.
    public ulong* Table;
    public long Capacity;
    public long Finalizing;
    public long SweepCursor;
    public ulong* OldTable;
    public uint* OldInfo;
    public long OldCapacity;
    public long OldCursor;

    // The fourth: counters of rarer operations.
    public long Attaches;
    public long Detaches;
    public long Reallocations;
    public long Abandoned;
    public long ReferencesDropped;
    public long Violations;

    /// <summary>Operations that are none of those with a counter of their own; releases are what is left.</summary>
    public long OtherOperations;

    // The fifth.
    public long SlotsMoved;
    public long BytesUnmapped;
    public long RetiringBytes;
    public long RecordBytes;
    public int TableShift;
    public uint HashKind;
    /// <summary>Freed blocks kept for the next allocations.</summary>
    public SpareBlocks* Spares;

    /// <summary>The tables of the heap that keeps counts in its own marks; null where none does, and while its fast paths are closed.</summary>
    public void* Heap;

    /// <summary>Live blocks that are counted there and have no entry in the table.</summary>
    public long HeapLive;

    /// <summary>At more heap blocks than this there may be a new <see cref="PeakLive"/>; never too high, at times too low.</summary>
    public long HeapPeakAt;

    /// <summary>An empty table of two slots: what the fast paths search while they are closed, and so find nothing.</summary>
    public fixed ulong Closed[4];

    /// <summary>The chunks of the side records, 512 in each; null while there is none.</summary>
    public nint* Records;

    /// <summary>The record that a retain noted last; null for none. A record that goes is none.</summary>
    public SideRecord* LastRecord;

    internal readonly long Releases =>
        (Operations >> 1) - Retains - Allocations - Attaches - Detaches - Reallocations - OtherOperations;

    /// <summary>Blocks deallocated: those that came and neither live, nor left otherwise.</summary>
    internal readonly long Frees => Allocations + Attaches - Live - HeapLive - Detaches - Abandoned;
}
