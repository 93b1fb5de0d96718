using System.Runtime.CompilerServices;
using Rm.Arenas;
using Rm.Counting;

namespace Rm;

public sealed unsafe partial class RmState
{
    /// <summary>Adds a reference to a block. Mirrors <c>rm_retain</c>, which ignores unknown pointers in silence.</summary>
    /// <param name="block">A tracked block.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The new count, at least 2.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="Violations.UntrackedPointerException">The state does not know the pointer.</exception>
    /// <exception cref="Violations.FinalizingBlockException">The block's deallocator runs.</exception>
    /// <exception cref="OverflowException">The count is <see cref="long.MaxValue"/>; it stays so.</exception>
    /// <exception cref="OutOfMemoryException">A count that outgrows its slot (at 60) found no memory; it stays as it was.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1); touches one cache line beside the state's own. Thread rule: the state's.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
#if RM_HOOKLESS
    public long RmRetain(nint block)
#else
    public long RmRetain(nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
#endif
    {
        // One compare proves the slot to be this block's, one its count to be plain. Everything else, a closed table
        // included, fails one of them and takes the slow path. Operations is odd in between: the busy flag.
        StateHeader* h = _header;
        long operations = h->Operations;
        if (h->Heap != null)
        {
            return RetainInHeap(block, file, line);
        }

        if ((operations & 1) == 0)
        {
            h->Operations = operations + 1;
            ulong* entry = h->Slots + (PointerHash.Of(block, h->Seed) >> h->Shift);
            ulong slot = *entry;
            uint count = Slot.Count(slot);
            if (slot >> Slot.AddressShift == (ulong)block && count - 1 < Slot.MaxInline - 1)
            {
                *entry = slot + 1;
                h->Last = entry;
                h->Retains++;
                h->Operations = operations + 2;
                GC.KeepAlive(this);
#if RM_HOOKLESS
                return count + 1;
#else
                return (h->Modes & StateModes.Noted) == 0 ? count + 1 : NoteRetain(entry, count + 1, file, line);
#endif
            }
        }

        return RetainElsewhere(block, operations, file, line);
    }

    /// <summary>Adds a reference to a block if the state knows it.</summary>
    /// <param name="block">Any pointer.</param>
    /// <param name="count">The new count; 0 when there is none.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>False, and nothing changed, when the pointer is null, unknown or finalizing, or its count cannot grow.</returns>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1). Thread rule: the state's.</remarks>
    public bool RmTryRetain(nint block, out long count, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Retain(block, out count, file, line) == Outcome.Done;

    // The rest of the way of a retain that met a crowded home, while the table is open; else the general path.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long RetainElsewhere(nint block, long operations, string file, int line)
    {
        if ((operations & 1) != 0)
        {
            throw ConcurrentUse();
        }

        StateHeader* h = _header;
        ulong* entry = SearchOpen(h, block);
        uint count = Slot.Count(*entry);
        if (entry != h->Closed && count - 1 < Slot.MaxInline - 1)
        {
            *entry += 1;
            h->Last = entry;
            h->Retains++;
            h->Operations = operations + 2;
            GC.KeepAlive(this);
            return (h->Modes & StateModes.Noted) == 0 ? count + 1 : NoteRetain(entry, count + 1, file, line);
        }

        h->Operations = operations;
        Outcome outcome = Retain(block, out long counted, file, line);
        return outcome == Outcome.Done ? counted : Refuse(outcome, block, nameof(RmRetain), file, line);
    }

    /// <summary>The entry of an address while the table is open.</summary>
    /// <returns>The header's closed slot, which holds nothing, when there is none or the table is closed.</returns>
    private static ulong* SearchOpen(StateHeader* h, nint block)
    {
        if ((h->Modes & StateModes.Closing) != 0 || block == 0)
        {
            return h->Closed;
        }

        ulong* table = h->Table;
        long mask = h->Capacity - 1;
        for (long i = PointerHash.Of(block, h->Seed) >> h->Shift; ; i = (i + 1) & mask)
        {
            ulong slot = table[i];
            if (slot >> Slot.AddressShift == (ulong)block)
            {
                return Slot.Count(slot) != 0 ? table + i : h->Closed;
            }

            if (slot == Slot.Empty)
            {
                return h->Closed;
            }
        }
    }

    private Outcome Retain(nint block, out long count, string file, int line)
    {
        count = 0;
        StateHeader* h = Begin();
        byte* mark = FindCounted(block, out nuint size);
        Outcome outcome;
        if (mark != null && Mark.CanRetain(*mark))
        {
            count = Mark.Count(++*mark);
            outcome = Outcome.Done;
        }
        else if (mark != null && !MoveToTable(mark, block, size))
        {
            outcome = Outcome.NoMemory;
        }
        else
        {
            ulong* entry = _table.Find(block);
            outcome = entry == null
                ? (block == 0 ? Outcome.Null : Outcome.Untracked)
                : AddReference(entry, block, out count);
        }

        if (outcome != Outcome.Done)
        {
            Cancel();
            return outcome;
        }

        h->Retains++;
        Commit();
        Note(RmOperation.Retain, block, count, file, line);
        GC.KeepAlive(this);
        return Outcome.Done;
    }

    private Outcome AddReference(ulong* entry, nint block, out long count)
    {
        count = 0;
        uint inline = Slot.Count(*entry);
        if (inline < Slot.MaxInline)
        {
            *entry += 1;
            count = inline + 1;
            return Outcome.Done;
        }

        switch (inline)
        {
            case Slot.Finalizing:
                return Outcome.Finalizing;
            case Slot.InRecord:
                SideRecord* record = RecordOf(entry);
                if (record->Count == long.MaxValue)
                {
                    return Outcome.Overflow;
                }

                count = ++record->Count;
                return Outcome.Done;
            default:
                return Outgrow(entry, block, inline + 1L, out count);
        }
    }

    // A count that its slot cannot hold goes to the side record.
    private Outcome Outgrow(ulong* entry, nint block, long wanted, out long count)
    {
        count = 0;
        uint index = _table.EnsureRecord(entry, block);
        if (index == 0)
        {
            return Outcome.NoMemory;
        }

        count = wanted;
        _table.Records.At(index)->Count = wanted;
#if RM_MUTATIONS
        if (Mutation.Is(Mutation.WideCountOffByOne))
        {
            _table.Records.At(index)->Count--;
        }
#endif
        *entry = (*entry & ~Slot.CountMask) | Slot.InRecord;
        return Outcome.Done;
    }
}
