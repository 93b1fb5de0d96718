using System.Numerics;
using Rm.Events;

namespace Rm.Counting;

internal sealed unsafe partial class PointerTable
{
    internal const long MinCapacity = 16;
    internal const long MaxCapacity = 1L << 31;

    // Promised: no operation moves more than this many slots.
    private const int SliceSlots = 64;
    private const long SparseUpTo = 1 << 15;
    private const int GuardBytes = 64;

    private long _oldDead;

    /// <summary>How often a table came or went: what an enumeration must not live through.</summary>
    internal long LayoutChanges { get; private set; }

    /// <summary>
    /// How many live entries a table holds before it grows. Small tables are sparse, since there a mispredicted probe costs more
    /// than a few kilobytes; from 2^18 slots on memory counts and the load is a half at most.
    /// </summary>
    internal static long LimitOf(long capacity) =>
        capacity <= SparseUpTo ? capacity / 16 : capacity / Math.Max(2, 16 / (capacity / SparseUpTo));

    private static long CapacityFor(long live)
    {
        long capacity = MinCapacity;
        while (LimitOf(capacity) <= live && capacity < MaxCapacity)
        {
            capacity *= 2;
        }

        return capacity;
    }

    /// <summary>Makes the first table.</summary>
    /// <param name="hint">Slots wanted; rounded up to a power of two.</param>
    /// <returns>False when there is no memory.</returns>
    internal bool Build(long hint)
    {
        StateHeader* h = _header;
        long capacity = Math.Max(MinCapacity, (long)BitOperations.RoundUpToPowerOf2((ulong)hint));
        h->Table = (ulong*)_memory.Take(SlotBytes(capacity));
        if (h->Table == null)
        {
            return false;
        }

        h->Info = null;
        SetCapacity(capacity);
        h->Modes &= ~StateModes.Unbuilt;
        UpdateGate();
        return true;
    }

    private void SetCapacity(long capacity)
    {
        StateHeader* h = _header;
        h->Capacity = capacity;
        h->TableShift = ShiftOf(capacity);
        h->GrowAt = LimitOf(capacity) - h->Finalizing;
        h->SweepAt = capacity / 16;
        h->SweepCursor = 0;
        h->Table[capacity] = Slot.Moved;
    }

    // A line more than the slots: the guard behind the last one.
    private static nuint SlotBytes(long capacity) => ((nuint)capacity * sizeof(ulong)) + GuardBytes;

    private bool Grow()
    {
        StateHeader* h = _header;
        return (h->OldTable == null && h->Capacity < MaxCapacity && StartMove(h->Capacity * 2)) || HasSpareSlot();
    }

    // Without memory to grow a table may fill up: slower, but right. One in eight slots stays empty, so that probes end.
    private bool HasSpareSlot()
    {
        StateHeader* h = _header;
        return h->Live + h->Finalizing + h->Dead < h->Capacity - (h->Capacity / 8);
    }

    private bool StartMove(long capacity)
    {
        StateHeader* h = _header;
        if (!_retire.HasRoom)
        {
            return false;
        }

        nint table = _memory.Take(SlotBytes(capacity));
        nint info = table != 0 && h->Info != null ? _memory.Take((nuint)capacity * sizeof(uint)) : 0;
        if (table == 0 || (h->Info != null && info == 0))
        {
            if (table != 0)
            {
                Retire.Whole(_memory, table, SlotBytes(capacity));
            }

            return false;
        }

        LayoutChanges++;
        h->OldTable = h->Table;
        h->OldInfo = h->Info;
        h->OldCapacity = h->Capacity;
        h->OldCursor = 0;
        _oldDead = h->Dead;
        h->Table = (ulong*)table;
        h->Info = (uint*)info;
        h->Dead = 0;
        SetCapacity(capacity);
        h->Modes |= StateModes.Working;
        UpdateGate();
        RmEventSource.Log.TableResized((ulong)h, h->OldCapacity, capacity);
        return true;
    }

    /// <summary>One slice of the work in hand: entries moved, or memory of an old table given back.</summary>
    internal void Work()
    {
        StateHeader* h = _header;
        if (h->OldTable != null)
        {
            MoveSlice();
        }
        else
        {
            nuint gone = _retire.Slice();
            h->BytesUnmapped += (long)gone;
            h->RetiringBytes -= (long)gone;
        }

        if (h->OldTable == null && _retire.IsEmpty)
        {
            h->Modes &= ~StateModes.Working;
            UpdateGate();
        }
    }

    private void MoveSlice()
    {
        StateHeader* h = _header;
        long end = Math.Min(h->OldCursor + SliceSlots, h->OldCapacity);
        for (long i = h->OldCursor; i < end; i++)
        {
            ulong slot = h->OldTable[i];
            if (Slot.IsFree(slot))
            {
                continue;
            }

#if RM_MUTATIONS
            if (Mutation.Is(Mutation.LostOnGrowth) && i == end - 1)
            {
                continue;
            }
#endif
            _ = Place(h, slot, Slot.HasInfoElsewhere(slot) ? h->OldInfo[i] : BlockInfo.None);
            h->OldTable[i] = Slot.Moved;
            _oldDead++;
            h->SlotsMoved++;
        }

        h->OldCursor = end;
        if (end == h->OldCapacity)
        {
            LeaveOldTable();
        }
    }

    private void LeaveOldTable()
    {
        StateHeader* h = _header;
        LayoutChanges++;
        nuint tableBytes = SlotBytes(h->OldCapacity);
        nuint infoBytes = h->OldInfo == null ? 0 : (nuint)h->OldCapacity * sizeof(uint);
        _retire.Add((nint)h->OldTable, tableBytes);
        _retire.Add((nint)h->OldInfo, infoBytes);
        h->RetiringBytes += (long)(tableBytes + infoBytes);
        h->OldTable = null;
        h->OldInfo = null;
        h->OldCapacity = 0;
        _oldDead = 0;
    }

    // When a shrink goes on with later operations, one slice each, every one of them may add an entry: the smaller table must
    // hold those too, so a large one then shrinks in several steps.
    private long FittingCapacity(int slices)
    {
        StateHeader* h = _header;
        long needed = h->Capacity / SliceSlots;
        return CapacityFor(h->Live + h->Finalizing + (slices > needed ? 0 : needed));
    }

    /// <summary>Finishes what is in hand, sweeps, and shrinks the table to fit.</summary>
    /// <param name="slices">How many slices may be done.</param>
    /// <returns>True when nothing is left to do.</returns>
    internal bool Trim(int slices)
    {
        StateHeader* h = _header;
        if (Records.InUse == 0)
        {
            Records.Release();
            NoteRecords();
        }

        for (; h->Table != null; slices--)
        {
            bool working = (h->Modes & StateModes.Working) != 0;
            long fitting = FittingCapacity(slices);
            bool fits = fitting >= h->Capacity;
            if (!working && h->Dead == 0 && fits)
            {
                return true;
            }

            if (slices <= 0)
            {
                return false;
            }

            if (working)
            {
                Work();
            }
            else if (fits)
            {
                Sweep();
            }
            else if (!StartMove(fitting))
            {
                // No memory for the smaller table: the larger one stays.
                return true;
            }
        }

        return true;
    }

    /// <summary>Bytes the table holds, with what is still to be given back.</summary>
    internal long Bytes => BytesOf(_header);

    /// <summary>The same for a reader that has only the header, on any thread.</summary>
    internal static long BytesOf(StateHeader* h) =>
        BytesOf(h->Table, h->Info, h->Capacity) + BytesOf(h->OldTable, h->OldInfo, h->OldCapacity) + h->RetiringBytes + h->RecordBytes;

    private static long BytesOf(ulong* table, uint* info, long capacity) =>
        (table == null ? 0 : (long)SlotBytes(capacity)) + (info == null ? 0 : capacity * sizeof(uint));
}
