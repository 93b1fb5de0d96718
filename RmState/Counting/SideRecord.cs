using System.Runtime.InteropServices;

namespace Rm.Counting;

/// <summary>
/// What a slot has no room for. Allocated when a block is attached with a deallocator, when it needs a generation or a holder,
/// when its sites are recorded, or when its count, size or address outgrows the slot; never needed by a release.
/// </summary>
/// <remarks>Two cache lines. The first is all that noting the site of a retain or a release touches.</remarks>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct SideRecord : IListed
{
    internal const int Bytes = 128;
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

    /// <summary>The first places that retained the block, with how often; others are in <see cref="MoreNotes"/>.</summary>
    public SitePair Retains;
    public SitePair MoreRetains;

    /// <summary>The first place that released the block but not its last reference.</summary>
    public SitePair Releases;

    /// <summary>Where the block was allocated or attached; 0 when that was not recorded.</summary>
    public uint Site;

    /// <summary>The block's last operations; 0 when they are not recorded.</summary>
    public uint History;

    public nuint Size;
    public nint Function;
    public nint Context;

    /// <summary>Unique in the state; 0 until a reference asks for one.</summary>
    public ulong Generation;

    /// <summary>The state's operation number when the block came; 0 when that was not recorded.</summary>
    public ulong Born;

    /// <summary>The state's clock at that moment, in milliseconds.</summary>
    public uint BornAt;

    /// <summary>The first of the block's holders; 0 for none.</summary>
    public uint FirstHold;

    /// <summary>The first note of a further place; 0 for none.</summary>
    public uint MoreNotes;

    /// <summary>Reserved: whom the references are charged to.</summary>
    public uint Account;

    public DeallocatorKind Kind;
    public byte AlignmentLog2;

    /// <summary>How a block that is gone went: a state operation's number.</summary>
    public byte EndedBy;
    public byte Reserved;

    /// <summary>Where a block that is gone was released, detached or moved; 0 when that was not recorded.</summary>
    public uint EndSite;

    uint IListed.Next
    {
        readonly get => Next;
        set => Next = value;
    }
}
