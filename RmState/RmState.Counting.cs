using System.Runtime.CompilerServices;
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
    /// <exception cref="OutOfMemoryException">A count that outgrows its slot (at 65,520) found no memory; it stays as it was.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1); touches one cache line beside the state's own. Thread rule: the state's.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long RmRetain(nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        // One compare proves the slot to be this block's, one its count to be plain. Everything else, a closed table
        // included, fails one of them and takes the slow path. Operations is odd in between: the busy flag.
        StateHeader* h = _header;
        long operations = h->Operations;
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
                return count + 1;
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

    /// <summary>
    /// Gives back a reference to a block; the last one deallocates it. Mirrors <c>rm_release</c>, which ignores unknown pointers
    /// in silence, and membuf's <c>membuf_deref</c>, which returns the remaining count too.
    /// </summary>
    /// <param name="block">A tracked block; null does nothing, as free does.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The remaining count; 0 when the block is gone, and for null.</returns>
    /// <exception cref="Violations.UntrackedPointerException">The state does not know the pointer: a double release.</exception>
    /// <exception cref="Violations.FinalizingBlockException">The block's deallocator runs.</exception>
    /// <exception cref="AggregateException">Several deallocators threw; a single exception surfaces as it is.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1), and needs no memory, ever. Thread rule: the state's.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long RmRelease(nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        // A release often follows the retain it answers: the slot found last is tried before the table is searched.
        StateHeader* h = _header;
        long operations = h->Operations;
        if ((operations & 1) == 0)
        {
            h->Operations = operations + 1;
            ulong* entry = h->Last;
            ulong slot = *entry;
            uint count = Slot.Count(slot);
            if (slot >> Slot.AddressShift == (ulong)block && count - 2 < Slot.MaxInline - 1)
            {
                *entry = slot - 1;
                h->Operations = operations + 2;
                GC.KeepAlive(this);
                return count - 1;
            }
        }

        return ReleaseElsewhere(block, operations, file, line);
    }

    /// <summary>Gives back a reference and nulls the variable that held it, so that it cannot be used again by mistake.</summary>
    /// <param name="block">A tracked block or null; 0 afterwards, unless the call throws because the pointer is unknown.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The remaining count.</returns>
    /// <exception cref="Violations.UntrackedPointerException">The state does not know the pointer.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>As <see cref="RmRelease(nint, string, int)"/>.</remarks>
    public long RmRelease(ref nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        nint released = block;
        if (released == 0)
        {
            ReleaseNull();
            return 0;
        }

        Outcome outcome = Release(released, out long remaining, file, line, out Exception? failure);
        if (outcome != Outcome.Done)
        {
            throw Failure(outcome, released, nameof(RmRelease));
        }

        block = 0;
        Rethrow(failure);
        return remaining;
    }

    /// <summary>Gives back a reference if the state knows the block.</summary>
    /// <param name="block">Any pointer.</param>
    /// <param name="remaining">The remaining count; 0 when the block is gone or the result is false.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>False, and nothing changed, when the pointer is null, unknown or finalizing.</returns>
    /// <exception cref="AggregateException">Several deallocators threw; a single exception surfaces as it is.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1). Thread rule: the state's.</remarks>
    public bool RmTryRelease(nint block, out long remaining, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Outcome outcome = Release(block, out remaining, file, line, out Exception? failure);
        Rethrow(failure);
        return outcome == Outcome.Done;
    }

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
            return count + 1;
        }

        h->Operations = operations;
        Outcome outcome = Retain(block, out long counted, file, line);
        return outcome == Outcome.Done ? counted : throw Failure(outcome, block, nameof(RmRetain));
    }

    // A release of a block that is not the one found last, or of a last reference. It calls nothing but as its last act, so it
    // saves no registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long ReleaseElsewhere(nint block, long operations, string file, int line)
    {
        StateHeader* h = _header;
        ulong* entry = h->Last;
        ulong slot = *entry;
        if (slot >> Slot.AddressShift != (ulong)block)
        {
            entry = PointerTable.NearEntry(h, block);
            slot = *entry;
        }

        if (slot >> Slot.AddressShift == (ulong)block && (operations & 1) == 0)
        {
            uint count = Slot.Count(slot);
            if (count - 2 < Slot.MaxInline - 1)
            {
                *entry = slot - 1;
                h->Last = entry;
                h->Operations = operations + 2;
                GC.KeepAlive(this);
                return count - 1;
            }

            if (count == 1 && EndPlain(h, entry, out uint info))
            {
                bool kept = info - 1 <= SpareBlocks.LargestSize && h->Spares->Keep(SpareBlocks.ClassOf(info - 1), block);
                h->Operations = operations + 2;
                GC.KeepAlive(this);
                return kept ? 0 : FreeMalloced(block);
            }
        }

        return ReleaseFar(block, operations, file, line);
    }

    /// <summary>
    /// Ends a malloc'd block of the open table that only its slot and its size tell of, where no other entry stands behind it.
    /// The caller frees or keeps it.
    /// </summary>
    /// <returns>False, and nothing changed, where it is not as simple as that.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool EndPlain(StateHeader* h, ulong* entry, out uint info)
    {
        info = BlockInfo.None;
        if (h->Modes != StateModes.None)
        {
            return false;
        }

        nint index = (nint)((nuint)((byte*)entry - (byte*)h->Slots) / sizeof(ulong));
        info = h->Info[index];
        if (BlockInfo.HasRecord(info) || !PointerTable.EndsRun(h, entry, index)
            || (OperatingSystem.IsWindows() && BlockInfo.AlignmentLog2(info) != 0))
        {
            return false;
        }

        *entry = Slot.Empty;
        h->LiveBytes -= (long)BlockInfo.SizeOrZero(info);
        h->Live--;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long ReleaseFar(nint block, long operations, string file, int line)
    {
        if ((operations & 1) != 0)
        {
            throw ConcurrentUse();
        }

        StateHeader* h = _header;
        ulong* entry = SearchOpen(h, block);
        uint count = Slot.Count(*entry);
        if (count - 2 < Slot.MaxInline - 1)
        {
            *entry -= 1;
            h->Last = entry;
            h->Operations = operations + 2;
            GC.KeepAlive(this);
            return count - 1;
        }

        if (count == 1 && _usesMalloc && ReleaseLastPlain(h, entry, out uint info))
        {
            bool kept = info - 1 <= SpareBlocks.LargestSize && h->Spares->Keep(SpareBlocks.ClassOf(info - 1), block);
            h->Operations = operations + 2;
            return kept ? 0 : FreeMalloced(block);
        }

        h->Operations = operations;
        return ReleaseGeneral(block, file, line);
    }

    private long ReleaseGeneral(nint block, string file, int line)
    {
        if (block == 0)
        {
            ReleaseNull();
            return 0;
        }

        Outcome outcome = Release(block, out long remaining, file, line, out Exception? failure);
        if (outcome != Outcome.Done)
        {
            throw Failure(outcome, block, nameof(RmRelease));
        }

        Rethrow(failure);
        return remaining;
    }

    // free(NULL) is legal, but not on a state that is gone.
    private void ReleaseNull() => BeginRead();

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
        ulong* entry = _table.Find(block);
        Outcome outcome = entry == null
            ? (block == 0 ? Outcome.Null : Outcome.Untracked)
            : AddReference(entry, block, out count);
        if (outcome != Outcome.Done)
        {
            Cancel();
            return outcome;
        }

        h->Retains++;
        Commit();
        _observer?.Done(StateOperation.Retain, block, 0, count, file, line);
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

    private Outcome Release(nint block, out long remaining, string file, int line, out Exception? failure)
    {
        remaining = 0;
        failure = null;
        if (block == 0)
        {
            BeginRead();
            return Outcome.Null;
        }

        _ = Begin();
        ulong* entry = _table.Find(block);
        if (entry == null || Slot.Count(*entry) == Slot.Finalizing)
        {
            Cancel();
            return entry == null ? Outcome.Untracked : Outcome.Finalizing;
        }

        remaining = DropReference(entry);
        if (remaining != 0)
        {
            Commit();
            _observer?.Done(StateOperation.Release, block, 0, remaining, file, line);
            GC.KeepAlive(this);
            return Outcome.Done;
        }

        failure = Deallocate(entry, block, file, line);
        GC.KeepAlive(this);
        return Outcome.Done;
    }

    /// <summary>Takes one reference away.</summary>
    /// <returns>The remaining count; at 0 the entry still stands with a count of 1.</returns>
    private long DropReference(ulong* entry)
    {
        uint inline = Slot.Count(*entry);
        if (inline != Slot.InRecord)
        {
            *entry -= inline > 1 ? 1UL : 0UL;
            return inline - 1;
        }

        SideRecord* record = RecordOf(entry);
        long remaining = --record->Count;
        if (remaining <= Slot.ReturnInline)
        {
            // Only a count set by hand can fall from the record to below 1.
            *entry = (*entry & ~Slot.CountMask) | (uint)Math.Max(1, remaining);
        }

        return remaining;
    }

    private SideRecord* RecordOf(ulong* entry) => _table.Records.At(BlockInfo.RecordIndex(_table.ReadInfo(entry)));
}
