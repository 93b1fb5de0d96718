namespace Rm.Counting;

internal sealed unsafe partial class PointerTable
{
    /// <summary>Checks every invariant of the table.</summary>
    /// <param name="pendingRecords">Side records of blocks whose deallocators run or wait to run.</param>
    /// <returns>The broken one in words; null when all hold.</returns>
    internal string? FindBrokenInvariant(long pendingRecords)
    {
        StateHeader* h = _header;
        if (h->Magic != StateHeader.ExpectedMagic || h->Version != StateHeader.LayoutVersion || h->Size != StateHeader.Bytes)
        {
            return "the header's magic, version or size is wrong";
        }

        if (h->Closed[0] != Slot.Empty || h->Closed[1] != Slot.Empty)
        {
            return "the closed table is not empty";
        }

        if (h->Table != null && h->Table[h->Capacity] != Slot.Moved)
        {
            return "the guard behind the table was overwritten";
        }

        if (h->Table != null && (h->TableShift != ShiftOf(h->Capacity) || 1L << (32 - h->TableShift) != h->Capacity))
        {
            return $"a capacity of {h->Capacity} does not go with a shift of {h->TableShift}";
        }

        var census = default(Census);
        string? broken = Walk(h->Table, h->Info, h->Capacity, ref census);
        long dead = census.Free;
        broken ??= Walk(h->OldTable, h->OldInfo, h->OldCapacity, ref census) ?? WalkWide(ref census);
        return broken ?? Compare(census, dead, pendingRecords);
    }

    private string? Compare(Census census, long dead, long pendingRecords)
    {
        StateHeader* h = _header;
        return census.Live != h->Live ? $"{census.Live} live entries stand in the table, the header says {h->Live}"
            : census.Finalizing != h->Finalizing ? $"{census.Finalizing} entries are finalizing, the header says {h->Finalizing}"
            : dead != h->Dead ? $"{dead} dead entries stand in the table, the header says {h->Dead}"
            : census.Free - dead != _oldDead ? $"{census.Free - dead} dead entries stand in the old table, not {_oldDead}"
            : census.Records + pendingRecords != Records.InUse
                ? $"{Records.InUse} side records are in use, {census.Records} are named and {pendingRecords} wait"
            : null;
    }

    private string? Walk(ulong* table, uint* infos, long capacity, ref Census census)
    {
        for (long i = 0; i < capacity; i++)
        {
            ulong slot = table[i];
            if (slot == Slot.Empty)
            {
                continue;
            }

            if (Slot.IsFree(slot))
            {
                census.Free++;
                continue;
            }

            nint address = Slot.Address(slot);
            if (table == _header->Table && BreaksOrder(slot, i))
            {
                return $"the entry of 0x{address:x} stands before one of an earlier home";
            }

            if (Find(address) != table + i)
            {
                return $"the entry of 0x{address:x} is not the one a lookup finds";
            }

            if (infos == null && Slot.HasInfoElsewhere(slot))
            {
                return $"the slot of 0x{address:x} refers to an info that does not exist";
            }

            uint info = Slot.HasInfoElsewhere(slot) ? infos[i] : Slot.Info(slot);
            if (CheckEntry(slot, address, info, ref census) is { } broken)
            {
                return broken;
            }
        }

        return null;
    }

    // In a run each entry is at most one slot farther from its home than the one before it.
    private bool BreaksOrder(ulong slot, long at)
    {
        StateHeader* h = _header;
        long mask = h->Capacity - 1;
        long before = (at - 1) & mask;
        long distance = (at - HomeOf(h, slot)) & mask;
        return distance > (h->Table[before] == Slot.Empty ? 0 : ((before - HomeOf(h, h->Table[before])) & mask) + 1);
    }

    private string? WalkWide(ref Census census)
    {
        foreach ((nint address, uint index) in _wide ?? [])
        {
            SideRecord* record = Records.At(index);
            if (CheckEntry(record->WideSlot, address, record->WideInfo, ref census) is { } broken)
            {
                return broken;
            }
        }

        return null;
    }

    private string? CheckEntry(ulong slot, nint address, uint info, ref Census census)
    {
        bool live = Slot.IsLive(slot);
        bool finalizing = Slot.Count(slot) == Slot.Finalizing;
        census.Live += live ? 1 : 0;
        census.Finalizing += finalizing ? 1 : 0;
        if (!live && !finalizing)
        {
            return $"the slot of 0x{address:x} has the count {Slot.Count(slot)}, which means nothing";
        }

        if (!BlockInfo.HasRecord(info))
        {
            return Slot.Count(slot) == Slot.InRecord || finalizing ? $"the entry of 0x{address:x} lacks its side record" : null;
        }

        census.Records += live ? 1 : 0;
        uint index = BlockInfo.RecordIndex(info);
        return !Records.IsValid(index) ? $"the entry of 0x{address:x} names the side record {index}, which was never made"
            : Records.At(index)->Address != address ? $"the side record of 0x{address:x} is that of 0x{Records.At(index)->Address:x}"
            : null;
    }

    /// <summary>Entries whose side record has this kind of deallocator. O(table slots).</summary>
    internal long CountRecords(DeallocatorKind kind)
    {
        StateHeader* h = _header;
        long count = CountRecords(h->Table, h->Info, h->Capacity, kind) + CountRecords(h->OldTable, h->OldInfo, h->OldCapacity, kind);
        foreach ((_, uint index) in _wide ?? [])
        {
            SideRecord* record = Records.At(index);
            count += Slot.IsLive(record->WideSlot) && record->Kind == kind ? 1 : 0;
        }

        return count;
    }

    private long CountRecords(ulong* table, uint* infos, long capacity, DeallocatorKind kind)
    {
        long count = 0;
        for (long i = 0; infos != null && i < capacity; i++)
        {
            bool named = Slot.IsLive(table[i]) && Slot.HasInfoElsewhere(table[i]) && BlockInfo.HasRecord(infos[i]);
            count += named && Records.At(BlockInfo.RecordIndex(infos[i]))->Kind == kind ? 1 : 0;
        }

        return count;
    }

    /// <summary>The slots a lookup of the worst placed entry looks at; 0 for an empty table. O(table slots).</summary>
    internal int LongestProbe()
    {
        StateHeader* h = _header;
        return Math.Max(LongestProbe(h->Table, h->Capacity), LongestProbe(h->OldTable, h->OldCapacity));
    }

    private int LongestProbe(ulong* table, long capacity)
    {
        long longest = 0;
        for (long i = 0; i < capacity; i++)
        {
            if (!Slot.IsFree(table[i]))
            {
                long home = PointerHash.Of(Slot.Address(table[i]), _header->Seed) >> ShiftOf(capacity);
                longest = Math.Max(longest, ((i - home) & (capacity - 1)) + 1);
            }
        }

        return (int)longest;
    }

    private struct Census
    {
        public long Live;
        public long Finalizing;
        public long Free;
        public long Records;
    }
}
