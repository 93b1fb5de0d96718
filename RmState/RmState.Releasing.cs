using System.Runtime.CompilerServices;
using Rm.Counting;

namespace Rm;

public sealed unsafe partial class RmState
{
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
#if RM_HOOKLESS
    public long RmRelease(nint block)
#else
    public long RmRelease(nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
#endif
    {
        // A release often follows the retain it answers: the slot found last is tried before the table is searched.
        StateHeader* h = _header;
        long operations = h->Operations;
        if (h->Heap != null)
        {
            return ReleaseInHeap(block, file, line);
        }

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
#if RM_HOOKLESS
                return count - 1;
#else
                return (h->Modes & StateModes.Noted) == 0 ? count - 1 : NoteRelease(entry, count - 1, file, line);
#endif
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
            return Refuse(outcome, released, nameof(RmRelease), file, line);
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

    // A release of a block that is not the one found last, or of a last reference. It calls nothing but as its last act, so it
    // saves no registers. Whether a last reference was also found last is a coin's toss, so that is not asked.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long ReleaseElsewhere(nint block, long operations, string file, int line)
    {
        StateHeader* h = _header;
        ulong* entry = PointerTable.NearEntry(h, block);
        ulong slot = *entry;
        uint count = Slot.Count(slot);
        if (slot >> Slot.AddressShift == (ulong)block && (operations & 1) == 0)
        {
            if (count == 1 && h->Modes == StateModes.Sited)
            {
                return ReleaseLastSited(block, entry, operations, file, line);
            }

            long ended = count == 1 ? EndPlain(h, entry, slot) : NotEnded;
            if (ended != NotEnded)
            {
                h->Operations = operations + 2;
                uint size = (uint)ended - 1;
                if (size > SpareBlocks.LargestSize)
                {
                    GC.KeepAlive(this);
                    return FreeMalloced(block);
                }

                uint sizeClass = SpareBlocks.ClassOf(size);
                if (h->Spares->Keep(sizeClass, block))
                {
                    GC.KeepAlive(this);
                    return 0;
                }

                return FreeBatch(sizeClass, block);
            }

            if (count - 2 < Slot.MaxInline - 1)
            {
                *entry = slot - 1;
                h->Last = entry;
                h->Operations = operations + 2;
                GC.KeepAlive(this);
                return (h->Modes & StateModes.Noted) == 0 ? count - 1 : NoteRelease(entry, count - 1, file, line);
            }
        }

        return ReleaseFar(block, operations, file, line);
    }

    private const long NotEnded = -1;

    /// <summary>
    /// Ends a malloc'd block of the open table without a side record, where no other entry need move. The caller frees or keeps
    /// it.
    /// </summary>
    /// <returns>
    /// The block's info, or <see cref="NotEnded"/>, and nothing changed, where it is not as simple as that. One value: a local whose
    /// address is taken would cost the caller its tail calls.
    /// </returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long EndPlain(StateHeader* h, ulong* entry, ulong slot)
    {
        nint index = (nint)((nuint)((byte*)entry - (byte*)h->Slots) / sizeof(ulong));
        uint info = Slot.Info(slot);
        if (h->Modes != StateModes.None || !PointerTable.EndsRun(h, entry, index))
        {
            return NotEnded;
        }

        if (info == Slot.InfoElsewhere)
        {
            info = h->Info[index];
            if (BlockInfo.HasRecord(info) || (OperatingSystem.IsWindows() && BlockInfo.AlignmentLog2(info) != 0))
            {
                return NotEnded;
            }
        }

        *entry = Slot.Empty;
        h->LiveBytes -= (long)BlockInfo.SizeOrZero(info);
        h->Live--;
        return info;
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
            return (h->Modes & StateModes.Noted) == 0 ? count - 1 : NoteRelease(entry, count - 1, file, line);
        }

        if (count == 1 && _usesMalloc)
        {
            if ((h->Modes & StateModes.Noted) != 0)
            {
                return ReleaseLastNoted(block, entry, operations, file, line);
            }

            if (ReleaseLastPlain(h, entry, out uint info))
            {
                h->Operations = operations + 2;
                return KeepOrFree(block, info);
            }
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
            return Refuse(outcome, block, nameof(RmRelease), file, line);
        }

        Rethrow(failure);
        return remaining;
    }

    /// <summary>Puts an ended block among the spare ones, or frees it.</summary>
    /// <returns>0, what a release returns.</returns>
    private long KeepOrFree(nint block, uint info)
    {
        // Only own blocks of a small size, asked for by their class, have such an info.
        if (info - 1 > SpareBlocks.LargestSize)
        {
            return FreeMalloced(block);
        }

        uint sizeClass = SpareBlocks.ClassOf(info - 1);
        bool kept = _header->Spares->Keep(sizeClass, block);
        GC.KeepAlive(this);
        return kept ? 0 : FreeBatch(sizeClass, block);
    }

    // free(NULL) is legal, but not on a state that is gone.
    private void ReleaseNull() => BeginRead();

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
        if (TryReleaseCounted(block, out remaining, file, line))
        {
            return Outcome.Done;
        }

        ulong* entry = _table.Find(block);
        if (entry == null || Slot.Count(*entry) == Slot.Finalizing)
        {
            Cancel();
            return entry == null ? Outcome.Untracked : Outcome.Finalizing;
        }

        if (_ledger is not null && Slot.Count(*entry) == 1 && IsHeldByName(entry))
        {
            Cancel();
            return Outcome.Held;
        }

        remaining = DropReference(entry);
        if (remaining != 0)
        {
            Commit();
            Note(RmOperation.Release, block, remaining, file, line);
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
