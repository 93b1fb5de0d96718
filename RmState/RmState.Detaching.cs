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
        if ((operations & 1) == 0)
        {
            h->Operations = operations + 1;
            ulong* entry = h->Last;
            if (*entry >> Slot.AddressShift != (ulong)block)
            {
                entry = SearchOpen(h, block);
            }

            uint count = Slot.Count(*entry);
            if (count - 1 < Slot.MaxInline && DetachPlain(h, entry, count))
            {
                h->Operations = operations + 2;
                GC.KeepAlive(this);
                return count - 1;
            }

            h->Operations = operations;
        }

        Outcome outcome = Detach(block, out long remaining, file, line);
        return outcome == Outcome.Done ? remaining : throw Failure(outcome, block, nameof(RmDetach));
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

    private bool DetachPlain(StateHeader* h, ulong* entry, uint count)
    {
        if (h->Info != null)
        {
            uint info = h->Info[entry - h->Table];
            if (BlockInfo.HasRecord(info) || _knowsSizes)
            {
                return false;
            }

#if RM_MUTATIONS
            if (!Mutation.Is(Mutation.DetachKeepsBytes))
#endif
            {
                h->LiveBytes -= BlockInfo.HasSize(info) ? (long)BlockInfo.Size(info) : 0;
            }
        }
        else if (_knowsSizes)
        {
            return false;
        }

        h->Live--;
        h->Detaches++;
        h->ReferencesDropped += count;
        PointerTable.Vacate(h, entry);
        return true;
    }

    private Outcome Detach(nint block, out long remaining, string file, int line)
    {
        remaining = 0;
        StateHeader* h = Begin();
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
        _table.Remove(entry, block);
        DropRecord(info);
        remaining = count - 1;
        Commit();
        _observer?.Done(StateOperation.Detach, block, 0, remaining, file, line);
        GC.KeepAlive(this);
        return Outcome.Done;
    }
}
