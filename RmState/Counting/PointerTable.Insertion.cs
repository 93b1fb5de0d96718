using System.Runtime.CompilerServices;

namespace Rm.Counting;

internal sealed unsafe partial class PointerTable
{
    /// <summary>Makes room for one more entry, by a slice of work at most.</summary>
    /// <returns>False when there is no memory and no slot can be spared.</returns>
    internal bool Reserve()
    {
        StateHeader* h = _header;
        if (h->Table == null)
        {
            return false;
        }

        return h->Live < h->GrowAt || Grow();
    }

    /// <summary>Makes sure that the cold array exists.</summary>
    /// <returns>False when there is no memory; nothing changed then.</returns>
    internal bool EnsureInfo()
    {
        StateHeader* h = _header;
        if (h->Info == null)
        {
            h->Info = (uint*)_memory.Take((nuint)h->Capacity * sizeof(uint));
        }

        if (h->Info != null && h->OldTable != null && h->OldInfo == null)
        {
            h->OldInfo = (uint*)_memory.Take((nuint)h->OldCapacity * sizeof(uint));
            return h->OldInfo != null;
        }

        return h->Info != null;
    }

    /// <summary>Inserts a live entry of count 1 that is not in the table; room was reserved.</summary>
    /// <returns>Null when the address needs a side record and there is no memory for it.</returns>
    internal ulong* Insert(nint address, uint info)
    {
        StateHeader* h = _header;
        ulong* entry = Slot.FitsSlot(address) ? InsertSlot(address, info) : InsertWide(address, info);
        if (entry != null)
        {
            h->Live++;
            h->PeakLive = Math.Max(h->PeakLive, h->Live + h->HeapLive);
            h->HeapPeakAt = h->PeakLive - h->Live;
        }

        return entry;
    }

    // A dead entry of the address stands where the live one must.
    private ulong* InsertSlot(nint address, uint info)
    {
        StateHeader* h = _header;
        ulong* dead = h->Dead == 0 ? null : SearchAny(h->Table, h->Capacity, PointerHash.Of(address, h->Seed), address);
        if (dead == null)
        {
            return Place(h, Slot.Live(address, info), info);
        }

        h->Dead--;
        *dead = Slot.Live(address, BlockInfo.None);
        WriteInfo(dead, info);
        return dead;
    }

    private ulong* InsertWide(nint address, uint info)
    {
        uint index = BlockInfo.HasRecord(info) ? BlockInfo.RecordIndex(info) : NewRecord(address, info);
        if (index == 0)
        {
            return null;
        }

        (_wide ??= []).Add(address, index);
        SideRecord* record = Records.At(index);
        record->WideSlot = Slot.Live(0, Slot.InfoElsewhere);
        record->WideInfo = BlockInfo.OfRecord(index);
        return &record->WideSlot;
    }

    /// <summary>Makes sure that the next side record is there.</summary>
    /// <returns>False when there is no memory.</returns>
    internal bool HasSpareRecord()
    {
        bool spare = Records.HasSpare();
        NoteRecords();
        return spare;
    }

    /// <summary>A side record that says what an info says.</summary>
    /// <returns>Its index; 0 when there is no memory.</returns>
    internal uint NewRecord(nint address, uint info)
    {
        uint index = Records.Take();
        NoteRecords();
        if (index != 0)
        {
            SideRecord* record = Records.At(index);
            record->Address = address;
            record->Kind = BlockInfo.IsAttached(info) ? DeallocatorKind.LibC : DeallocatorKind.Allocator;
            record->AlignmentLog2 = (byte)BlockInfo.AlignmentLog2(info);
            record->Size = BlockInfo.HasSize(info) ? BlockInfo.Size(info) : SideRecord.UnknownSize;
        }

        return index;
    }

    /// <summary>The side record of an entry, made if there is none.</summary>
    /// <returns>Its index; 0 when there is no memory, and nothing changed.</returns>
    internal uint EnsureRecord(ulong* entry, nint address)
    {
        uint info = ReadInfo(entry);
        if (BlockInfo.HasRecord(info))
        {
            return BlockInfo.RecordIndex(info);
        }

        if (!EnsureInfo())
        {
            return 0;
        }

        uint index = NewRecord(address, info);
        if (index != 0)
        {
            WriteInfo(entry, BlockInfo.OfRecord(index));
        }

        return index;
    }

    /// <summary>
    /// Where a new entry may go without moving another, for the fast paths: its home or the slot behind it. Without a branch on
    /// which: that is random.
    /// </summary>
    /// <returns>A slot that may be taken if it is empty and the home is not of the same address.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong* NearSlot(ulong* home) => home + (*home != Slot.Empty ? 1 : 0);

    /// <summary>The home of an address, or the slot behind it if the home holds another: without a branch, again.</summary>
    /// <returns>A slot whose content must still be compared.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong* NearEntry(StateHeader* h, nint address)
    {
        ulong* home = h->Slots + (PointerHash.Of(address, h->Seed) >> h->Shift);
        return home + (*home >> Slot.AddressShift != (ulong)address ? 1 : 0);
    }

    /// <summary>Inserts a live entry of count 1 into the open table unless the address is there already.</summary>
    /// <returns>Its slot; null, and nothing changed, when the address has an entry.</returns>
    internal static ulong* TryInsertOpen(StateHeader* h, nint address, uint info)
    {
        ulong* table = h->Table;
        long mask = h->Capacity - 1;
        long i = PointerHash.Of(address, h->Seed) >> h->TableShift;
        for (long distance = 0; table[i] != Slot.Empty; distance++, i = (i + 1) & mask)
        {
            if (table[i] >> Slot.AddressShift == (ulong)address)
            {
                return null;
            }

            // An entry of this address would stand before any that is nearer to its home.
            if (((i - HomeOf(h, table[i])) & mask) < distance)
            {
                break;
            }
        }

        return PutAt(h, i, Slot.Live(address, info), info);
    }

    /// <summary>Puts an entry where the order of homes wants it.</summary>
    private static ulong* Place(StateHeader* h, ulong entry, uint info)
    {
        ulong* table = h->Table;
        long mask = h->Capacity - 1;
        long i = HomeOf(h, entry);
        for (long distance = 0; table[i] != Slot.Empty && ((i - HomeOf(h, table[i])) & mask) >= distance; distance++)
        {
            i = (i + 1) & mask;
        }

        return PutAt(h, i, entry, info);
    }

    // What stands there, and all behind it up to an empty slot, makes room by one.
    private static ulong* PutAt(StateHeader* h, long at, ulong entry, uint info)
    {
        ulong* table = h->Table;
        uint* infos = h->Info;
        long mask = h->Capacity - 1;
        ulong* placed = table + at;
        for (long i = at; ; i = (i + 1) & mask)
        {
            ulong present = table[i];
            uint presentInfo = Slot.HasInfoElsewhere(present) ? infos[i] : BlockInfo.None;
            table[i] = entry;
            if (Slot.HasInfoElsewhere(entry))
            {
                infos[i] = info;
            }

            if (present == Slot.Empty)
            {
                return placed;
            }

            entry = present;
            info = presentInfo;
        }
    }

    private static long HomeOf(StateHeader* h, ulong slot) => PointerHash.Of(Slot.Address(slot), h->Seed) >> h->TableShift;
}
