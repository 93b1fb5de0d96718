using System.Numerics;
using System.Runtime.InteropServices;

namespace Rm.Counting;

/// <summary>
/// The open-addressing table from addresses to counts: linear probing over 8-byte slots, a power of two of them, by the top
/// bits of a seeded hash, kept in the order of their homes (Robin Hood). Its fields live in the <see cref="StateHeader"/>;
/// this object holds what is not hot.
/// </summary>
/// <remarks>
/// <para>An entry is named by a pointer to its slot, in the present table, in the one being left, or in the side record of an
/// address too long for a slot. The pointer is good until the next change of the table.</para>
/// <para>Invariants: from an entry's home to its slot no slot is empty, and no entry stands before one of an earlier home; an
/// address has at most one entry; <c>Live</c>, <c>Dead</c> and <c>Finalizing</c> equal what a scan counts. Behind the last slot
/// stands a guard that is neither empty nor any address's.</para>
/// <para>Thread rule: the state's. It allocates from <see cref="ITableMemory"/> only, and never while removing.</para>
/// </remarks>
internal sealed unsafe partial class PointerTable(StateHeader* header, ITableMemory memory)
{
    private readonly StateHeader* _header = header;
    private readonly ITableMemory _memory = memory;
    private readonly Retire _retire = new(memory);
    private Dictionary<nint, uint>? _wide;

    internal RecordStore<SideRecord> Records { get; } = new(memory);

    /// <summary>Addresses of more than 48 bits and their side records; null while there never was one.</summary>
    internal IReadOnlyDictionary<nint, uint>? Wide => _wide;

    private static int ShiftOf(long capacity) => 32 - BitOperations.Log2((ulong)capacity);

    /// <summary>The entry of an address, live or finalizing; null when there is none. O(1) expected.</summary>
    internal ulong* Find(nint address)
    {
        StateHeader* h = _header;
        if (!Slot.FitsSlot(address))
        {
            return _wide is not null && _wide.TryGetValue(address, out uint index) ? &Records.At(index)->WideSlot : null;
        }

        if (h->Table == null || address == 0)
        {
            return null;
        }

        uint hash = PointerHash.Of(address, h->Seed);
        ulong* found = Search(h->Table, h->Capacity, hash, address);
        return found != null || h->OldTable == null ? found : Search(h->OldTable, h->OldCapacity, hash, address);
    }

    private static ulong* Search(ulong* table, long capacity, uint hash, nint address)
    {
        ulong* found = SearchAny(table, capacity, hash, address);
        return found == null || Slot.Count(*found) == 0 ? null : found;
    }

    /// <summary>The entry of an address, dead ones too.</summary>
    private static ulong* SearchAny(ulong* table, long capacity, uint hash, nint address)
    {
        long mask = capacity - 1;
        for (long i = (long)((ulong)hash >> ShiftOf(capacity)); ; i = (i + 1) & mask)
        {
            ulong slot = table[i];
            if ((nint)(slot >> Slot.AddressShift) == address)
            {
                return table + i;
            }

            if (slot == Slot.Empty)
            {
                return null;
            }
        }
    }

    /// <summary>The info of an entry, from its slot or the cold array.</summary>
    internal uint ReadInfo(ulong* entry)
    {
        uint info = Slot.Info(*entry);
        return info == Slot.InfoElsewhere ? *InfoOf(entry) : info;
    }

    /// <summary>Sets the info of an entry; the cold array must exist unless the slot can hold the value.</summary>
    internal void WriteInfo(ulong* entry, uint value)
    {
        // The slot of a long address always refers to its side record.
        if (Slot.Address(*entry) != 0)
        {
            *entry = Slot.WithInfo(*entry, value);
        }

        if (Slot.HasInfoElsewhere(*entry))
        {
            *InfoOf(entry) = value;
        }
    }

    private uint* InfoOf(ulong* entry)
    {
        StateHeader* h = _header;
        long index = entry - h->Table;
        if ((ulong)index < (ulong)h->Capacity)
        {
            return h->Info == null ? null : h->Info + index;
        }

        index = entry - h->OldTable;
        if (h->OldTable != null && (ulong)index < (ulong)h->OldCapacity)
        {
            return h->OldInfo == null ? null : h->OldInfo + index;
        }

        // The slot of a long address is the first field of its side record.
        return &((SideRecord*)entry)->WideInfo;
    }

    internal long CountOf(ulong* entry)
    {
        uint count = Slot.Count(*entry);
        return count switch
        {
            Slot.InRecord => Records.At(BlockInfo.RecordIndex(ReadInfo(entry)))->Count,
            Slot.Finalizing => 0,
            _ => count,
        };
    }

    /// <summary>Opens or closes the fast paths by the modes, and forgets the slot found last.</summary>
    internal void UpdateGate()
    {
        StateHeader* h = _header;
        ulong* closed = h->Closed;
        bool open = (h->Modes & StateModes.Closing) == 0;
        h->Slots = open ? h->Table : closed;
        h->Shift = open ? h->TableShift : 31;
        h->Last = closed;
    }

    /// <summary>Gives everything back at once.</summary>
    internal void Release()
    {
        StateHeader* h = _header;
        _retire.All();
        Free(h->Table, h->Info, h->Capacity);
        Free(h->OldTable, h->OldInfo, h->OldCapacity);
        h->Table = h->OldTable = null;
        h->Info = h->OldInfo = null;
        h->Capacity = h->OldCapacity = 0;
        h->Live = h->Dead = h->Finalizing = h->SweepCursor = h->OldCursor = h->RetiringBytes = 0;
        _oldDead = 0;
        Records.Release();
        NoteRecords();
        _wide = null;
        h->Modes = (h->Modes & ~StateModes.Working) | StateModes.Unbuilt;
        UpdateGate();
    }

    /// <summary>Empties the table and keeps it. Nothing lives in it and no work is in hand.</summary>
    internal void Clear()
    {
        StateHeader* h = _header;
        if (h->Table != null)
        {
            NativeMemory.Clear(h->Table, (nuint)h->Capacity * sizeof(ulong));
        }

        h->Live = h->Dead = h->Finalizing = h->SweepCursor = 0;
        _wide = null;
        h->LastRecord = null;
        Records.Clear();
        UpdateGate();
    }

    // What the header says of the records.
    private void NoteRecords()
    {
        _header->RecordBytes = Records.Bytes;
        _header->Records = Records.Chunks;
#if RM_MUTATIONS
        _header->LastRecord = Mutation.Is(Mutation.LastRecordKept) ? _header->LastRecord : null;
#else
        _header->LastRecord = null;
#endif
    }

    private void Free(ulong* table, uint* info, long capacity)
    {
        if (table != null)
        {
            Retire.Whole(_memory, (nint)table, SlotBytes(capacity));
        }

        if (info != null)
        {
            Retire.Whole(_memory, (nint)info, (nuint)capacity * sizeof(uint));
        }
    }
}
