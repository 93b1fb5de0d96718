namespace Rm.Counting;

/// <summary>
/// The 8-byte hot slot of the pointer table.
/// <code>
///   63                                   16 15             0
///  +---------------------------------------+----------------+
///  |        address, its low 48 bits       |     count      |
///  +---------------------------------------+----------------+
///
///  whole slot 0         empty
///  address 0, FFFD      moved: its entry has gone to the other table
///  count 0              dead: the address was released or detached; kept so that it is found again without a shift
///  count 1 .. MaxInline live
///  count Finalizing     its deallocator runs, or waits to run
///  count InRecord       live, the count has outgrown the slot and is in the side record
/// </code>
/// An address of more than 48 bits has no slot in the table: its slot is a field of its side record, with an address of 0.
/// </summary>
internal static class Slot
{
    internal const int AddressShift = 16;
    internal const ulong CountMask = 0xFFFF;
    internal const ulong Empty = 0;
    internal const ulong Moved = 0xFFFD;

    // One below the first special value; a retain at this count moves the count to the side record.
    internal const uint MaxInline = 0xFFF0;

    // A count that fell this low returns to its slot. Far below MaxInline, so that it does not go to and fro.
    internal const uint ReturnInline = 0x8000;
    internal const uint Finalizing = 0xFFFE;
    internal const uint InRecord = 0xFFFF;

    internal static bool FitsSlot(nint address) => (ulong)address >> 48 == 0;

    internal static ulong Live(nint address, uint count) => ((ulong)address << AddressShift) | count;

    internal static nint Address(ulong slot) => (nint)(slot >> AddressShift);

    internal static uint Count(ulong slot) => (ushort)slot;

    /// <summary>Nothing lives here and nothing is being deallocated: an insertion may take the slot.</summary>
    internal static bool IsFree(ulong slot) => (slot & CountMask) == 0 || slot == Moved;

    internal static bool IsLive(ulong slot) => Count(slot) is (> 0 and <= MaxInline) or InRecord;
}
