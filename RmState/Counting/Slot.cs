using System.Runtime.CompilerServices;

namespace Rm.Counting;

/// <summary>
/// The 8-byte hot slot of the pointer table.
/// <code>
///   63                                   16 15          6 5       0
///  +---------------------------------------+-------------+---------+
///  |        address, its low 48 bits       |    info     |  count  |
///  +---------------------------------------+-------------+---------+
///
///  whole slot 0           empty
///  address 0, count 3D    moved: its entry has gone to the other table
///  count 0                dead: the address was released or detached, and is kept for diagnosis until it is swept
///  count 1 .. MaxInline   live
///  count Finalizing       its deallocator runs, or waits to run
///  count InRecord         live, the count has outgrown the slot and is in the side record
///
///  info 0 .. 3FE          the block's info itself: size + 1, or 0; see BlockInfo
///  info 3FF               the info is in the cold array
/// </code>
/// Most blocks are small: with their size in the slot, allocating and freeing them touches one line of the table and no other.
/// An address of more than 48 bits has no slot in the table: its slot is a field of its side record, with an address of 0.
/// </summary>
internal static class Slot
{
    internal const int AddressShift = 16;
    internal const ulong MetaMask = 0xFFFF;
    internal const ulong CountMask = 0x3F;
    internal const ulong Empty = 0;
    internal const ulong Moved = 0x3D;

    // A retain at this count moves the count to the side record; the values above are states.
    internal const uint MaxInline = 0x3C;

    // A count that fell this low returns to its slot. Far below MaxInline, so that it does not go to and fro.
    internal const uint ReturnInline = 0x1E;
    internal const uint Finalizing = 0x3E;
    internal const uint InRecord = 0x3F;

    /// <summary>The info field's value for "in the cold array".</summary>
    internal const uint InfoElsewhere = 0x3FF;

    private const int InfoShift = 6;

    internal static bool FitsSlot(nint address) => (ulong)address >> 48 == 0;

    /// <summary>A live slot of count 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Live(nint address, uint info) => ((ulong)address << AddressShift) | (FieldOf(info) << InfoShift) | 1;

    internal static ulong WithInfo(ulong slot, uint info) => (slot & ~(MetaMask ^ CountMask)) | (FieldOf(info) << InfoShift);

    internal static nint Address(ulong slot) => (nint)(slot >> AddressShift);

    internal static uint Count(ulong slot) => (uint)slot & (uint)CountMask;

    /// <summary>The info field: the block's info unless it is <see cref="InfoElsewhere"/>.</summary>
    internal static uint Info(ulong slot) => ((uint)slot >> InfoShift) & InfoElsewhere;

    internal static bool HasInfoElsewhere(ulong slot) => Info(slot) == InfoElsewhere;

    internal static bool HoldsInfo(uint info) => info < InfoElsewhere;

    /// <summary>Nothing lives here and nothing is being deallocated.</summary>
    internal static bool IsFree(ulong slot) => (slot & CountMask) == 0 || slot == Moved;

    internal static bool IsLive(ulong slot) => Count(slot) is (> 0 and <= MaxInline) or InRecord;

    private static ulong FieldOf(uint info) => Math.Min(info, InfoElsewhere);
}
