namespace Rm.Counting;

internal sealed unsafe partial class PointerTable
{
    // From this distance on an entry may take the slot of one that is nearer to its home. It keeps the longest probe short
    // in the rare crowded stretch, and costs the common insertion nothing.
    private const int FairFrom = 24;

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

    /// <summary>Makes sure that entries can have companions.</summary>
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
        ulong* entry = Slot.FitsSlot(address)
            ? Place(Slot.Live(address, 1), info)
            : InsertWide(address, info);
        if (entry != null)
        {
            h->Live++;
            h->PeakLive = Math.Max(h->PeakLive, h->Live);
        }

        return entry;
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
        record->WideSlot = 1;
        record->WideInfo = BlockInfo.OfRecord(index);
        return &record->WideSlot;
    }

    /// <summary>A side record that says what a companion without one says.</summary>
    /// <returns>Its index; 0 when there is no memory.</returns>
    internal uint NewRecord(nint address, uint info)
    {
        uint index = Records.Take();
        _header->RecordBytes = Records.Bytes;
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

    private ulong* Place(ulong entry, uint info)
    {
        StateHeader* h = _header;
        ulong* table = h->Table;
        uint* infos = h->Info;
        long mask = h->Capacity - 1;
        ulong* placed = null;
        long distance = 0;
        for (long i = HomeOf(h, entry); ; i = (i + 1) & mask, distance++)
        {
            ulong present = table[i];
            if (Slot.IsFree(present))
            {
                h->Dead -= present == Slot.Empty ? 0 : 1;
                table[i] = entry;
                if (infos != null)
                {
                    infos[i] = info;
                }

                return placed == null ? table + i : placed;
            }

            if (distance < FairFrom)
            {
                continue;
            }

            long other = (i - HomeOf(h, present)) & mask;
            if (other < distance)
            {
                table[i] = entry;
                entry = present;
                if (infos != null)
                {
                    (infos[i], info) = (info, infos[i]);
                }

                placed = placed == null ? table + i : placed;
                distance = other;
                h->SlotsMoved++;
            }
        }
    }

    private static long HomeOf(StateHeader* h, ulong slot) => PointerHash.Of(Slot.Address(slot), h->Seed) >> h->TableShift;
}
