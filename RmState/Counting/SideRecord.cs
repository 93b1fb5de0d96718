using System.Runtime.InteropServices;

namespace Rm.Counting;

/// <summary>
/// What a slot has no room for. Allocated when a block is attached with a deallocator, when it needs a generation, or when
/// its count, size or address outgrows the slot; never when it is released.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct SideRecord
{
    internal const int Bytes = 96;
    internal static nuint UnknownSize => nuint.MaxValue;

    /// <summary>Count and state of an address of more than 48 bits, as in <see cref="Slot"/>; else 0.</summary>
    public ulong WideSlot;

    /// <summary>The info of <see cref="WideSlot"/>: this record's own index.</summary>
    public uint WideInfo;

    /// <summary>The next free record, or the next block that waits for its deallocator; 0 ends the list.</summary>
    public uint Next;

    public nint Address;

    /// <summary>The count while the slot says <see cref="Slot.InRecord"/>.</summary>
    public long Count;

    public nuint Size;
    public nint Function;
    public nint Context;

    /// <summary>Unique in the state; 0 until a reference asks for one.</summary>
    public ulong Generation;

    public DeallocatorKind Kind;
    public byte AlignmentLog2;
    public ushort Flags;

    /// <summary>Reserved: whom the references are charged to.</summary>
    public uint Account;

    /// <summary>Reserved: where the block's recorded sites are.</summary>
    public ulong Sites;

    /// <summary>Reserved.</summary>
    public ulong Reserved;
}
