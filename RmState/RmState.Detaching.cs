using System.Runtime.CompilerServices;
using Rm.Counting;

namespace Rm;

public sealed unsafe partial class RmState
{
    /// <summary>
    /// Ends the tracking of a block without freeing it: the caller owns it now, whatever its count was. Mirrors
    /// <c>rm_detach</c> as its text says; its code returns 0 for every tracked block.
    /// </summary>
    /// <param name="block">A tracked block.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The remaining count: how many references other holders still have, the count less one.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="Violations.UntrackedPointerException">The state does not know the pointer.</exception>
    /// <exception cref="Violations.FinalizingBlockException">The block's deallocator runs.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>
    /// O(1), needs no memory. A block of the default allocator may then be freed by libc's free; one of another allocator goes
    /// back through that allocator. A deallocator it was attached with is forgotten. Thread rule: the state's.
    /// </remarks>
    public long RmDetach(nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        StateHeader* h = _header;
        long operations = h->Operations;
        ulong* entry = PointerTable.NearEntry(h, block);
        ulong slot = *entry;
        uint count = Slot.Count(slot);
        if (slot >> Slot.AddressShift == (ulong)block && (operations & 1) == 0 && count - 1 < Slot.MaxInline && !_knowsSizes
            && (h->Modes & StateModes.Noted) == 0)
        {
            nint index = (nint)((nuint)((byte*)entry - (byte*)h->Slots) / sizeof(ulong));
            uint info = Slot.Info(slot);
            if (info != Slot.InfoElsewhere && PointerTable.EndsRun(h, entry, index))
            {
                h->Operations = operations + 1;
                *entry = Slot.Empty;
                CountDetach(h, info, count);
                h->Operations = operations + 2;
                GC.KeepAlive(this);
                return count - 1;
            }
        }

        return DetachElsewhere(block, operations, file, line);
    }

    /// <summary>As <see cref="RmDetach(nint, string, int)"/>, if the state knows the block.</summary>
    /// <param name="block">Any pointer.</param>
    /// <param name="remaining">The remaining count; 0 when the result is false.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>False, and nothing changed, when the pointer is null, unknown or finalizing.</returns>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    public bool RmTryDetach(nint block, out long remaining, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Detach(block, out remaining, file, line) == Outcome.Done;

    private static void CountDetach(StateHeader* h, uint info, uint count)
    {
#if RM_MUTATIONS
        info = Mutation.Is(Mutation.DetachKeepsBytes) ? BlockInfo.None : info;
#endif
        h->LiveBytes -= (long)BlockInfo.SizeOrZero(info);
        h->Live--;
        h->Detaches++;
        h->ReferencesDropped += count;
    }

    // The rest of the way of a detach from a crowded stretch, while the table is open; else the general path.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long DetachElsewhere(nint block, long operations, string file, int line)
    {
        StateHeader* h = _header;
        ulong* entry = SearchOpen(h, block);
        uint count = Slot.Count(*entry);
        if (count - 1 < Slot.MaxInline && (operations & 1) == 0 && !_knowsSizes && (h->Modes & StateModes.Noted) == 0)
        {
            uint info = _table.ReadInfo(entry);
            if (!BlockInfo.HasRecord(info))
            {
                h->Operations = operations + 1;
                PointerTable.Vacate(h, entry);
                CountDetach(h, info, count);
                h->Operations = operations + 2;
                GC.KeepAlive(this);
                return count - 1;
            }
        }

        Outcome outcome = Detach(block, out long remaining, file, line);
        return outcome == Outcome.Done ? remaining : Refuse(outcome, block, nameof(RmDetach), file, line);
    }

    private Outcome Detach(nint block, out long remaining, string file, int line)
    {
        remaining = 0;
        StateHeader* h = Begin();
        if (TryDetachCounted(block, out remaining, file, line))
        {
            return Outcome.Done;
        }

        ulong* entry = _table.Find(block);
        if (entry == null || Slot.Count(*entry) == Slot.Finalizing)
        {
            Cancel();
            return block == 0 ? Outcome.Null : entry == null ? Outcome.Untracked : Outcome.Finalizing;
        }

        long count = _table.CountOf(entry);
        uint info = _table.ReadInfo(entry);
        h->LiveBytes -= TrySizeOf(info, block, out nuint size) ? (long)size : 0;
        h->Live--;
        h->Detaches++;
        h->ReferencesDropped += count;
        _heap?.MarkLive(block);
        LoanOf(info)?.GiveUp();
        EndRecord(info, block, RmOperation.Detach, file, line);
        _table.Remove(entry, block);
        remaining = count - 1;
        Commit();
        Note(RmOperation.Detach, block, remaining, file, line);
        GC.KeepAlive(this);
        return Outcome.Done;
    }
}
