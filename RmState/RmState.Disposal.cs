using Rm.Counting;
using Rm.Violations;

namespace Rm;

public sealed unsafe partial class RmState
{
    /// <summary>The last report of blocks that lived when the state was disposed or reset; null if none ever did.</summary>
    public RmLeakReport? LastReport { get; private set; }

    /// <summary>
    /// Ends the state. Blocks that still live are freed once each, abandoned or refused, as
    /// <see cref="RmStateOptions.DisposePolicy"/> says; a report of them is made first. Calling it again does nothing. Mirrors
    /// <c>rm_destroy_state</c>, which leaks them.
    /// </summary>
    /// <exception cref="LiveBlocksException">Blocks live and the policy forbids it; nothing changed.</exception>
    /// <exception cref="ConcurrentUseException">The call comes from within a deallocator, or another thread uses the state.</exception>
    /// <exception cref="AggregateException">Several deallocators threw; a single exception surfaces as it is. The state is disposed.</exception>
    /// <remarks>
    /// O(table slots + live blocks). References that other threads gave back to the state's inbox count first; blocks that wait there
    /// are freed whatever the policy. Thread rule: the state's.
    /// </remarks>
    public void Dispose()
    {
        if (IsDisposed)
        {
            return;
        }

        List<Exception>? failures = null;
        _ = EndBlocks(ref failures);
        EndMailbox(successor: null, ref failures);
        StateHeader* h = _header;
        h->Modes |= StateModes.Disposed;
        UpdateGates();
        _heap?.Unclaim(orphans: false);
        _heap = null;
        _heapTables = null;
        _ = FreeSpares();
        _table.Release();
        _ledger?.Release();
        _deallocators.Clear();
        _abandoned = null;
        _observer?.Ended();
        _observer = null;
        AnnounceDisposed();
        GC.SuppressFinalize(this);
        Rethrow(Combine(failures));
    }

    /// <summary>Frees the table, never a block, and reports what lived. A state should be disposed.</summary>
    ~RmState()
    {
        try
        {
            StateHeader* h = _header;
            _finalizing = true;
            Action<RmLeakReport>? onLeak = _options.OnLeak;
            if (h->Live + h->HeapLive > 0 && onLeak is not null)
            {
                RmLeakReport report = MakeReport();

                // On the pool: a callback that blocks or throws must not harm the finalizer thread.
                _ = ThreadPool.UnsafeQueueUserWorkItem(
                    static call =>
                    {
                        try
                        {
                            call.OnLeak(call.Report);
                        }
                        catch (Exception)
                        {
                            // There is no caller left to tell, and an exception here would end the process.
                        }
                    },
                    (OnLeak: onLeak, Report: report),
                    preferLocal: false);
            }

            AnnounceDropped();
            h->Modes |= StateModes.Disposed;
            _ = _mailbox?.Close();
            _heap?.Unclaim(orphans: true);

            // Spare blocks were released long ago: they are the state's, not a user's.
            _ = FreeSpares();
            _table.Release();
            _ledger?.Release();
        }
        catch (Exception)
        {
            // An exception in a finalizer ends the process; a leaked table is the lesser evil.
        }
    }

    /// <summary>
    /// Ends all blocks as Dispose does, by the same policy, and makes the state as new: empty, its statistics at zero, its
    /// table kept unless it has grown far beyond its first size.
    /// </summary>
    /// <returns>The report of what lived; null when nothing did.</returns>
    /// <exception cref="LiveBlocksException">Blocks live and the policy forbids it; nothing changed.</exception>
    /// <exception cref="ConcurrentUseException">The call comes from within a deallocator, or another thread uses the state.</exception>
    /// <exception cref="AggregateException">Several deallocators threw; a single exception surfaces as it is. The state is as new.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>
    /// O(table slots + live blocks); no managed allocation when nothing lived. References that other threads gave back to the state's
    /// inbox count first; blocks that wait there go on waiting. Thread rule: the state's.
    /// </remarks>
    public RmLeakReport? Reset()
    {
        if (IsDisposed)
        {
            ThrowDisposed();
        }

        List<Exception>? failures = null;
        RmLeakReport? report = EndBlocks(ref failures);
        _deallocators.Clear();
        _abandoned = null;
        _ledger?.Clear();
        StateHeader* h = _header;
        if (h->Capacity > KeptCapacity || h->OldTable != null || (h->Modes & StateModes.Working) != 0)
        {
            _table.Release();
        }
        else
        {
            _table.Clear();
        }

        LifeCounters? life = _life;
        life?.BeginReset();
        h->Operations += 2;
        h->OtherOperations = h->Operations >> 1;
        h->Retains = h->Allocations = h->Attaches = h->Detaches = h->Reallocations = h->Abandoned = 0;
        h->ReferencesDropped = h->Violations = h->SlotsMoved = h->BytesUnmapped = 0;
        h->PeakLive = h->HeapPeakAt = h->LiveBytes = h->PeakBytes = 0;
        life?.EndReset();
        AnnounceReset();
        Rethrow(Combine(failures));
        return report;
    }

    // A pooled state may keep a table of a megabyte; a larger one was an exception that should not stay.
    private const long KeptCapacity = 1 << 16;

    /// <summary>Ends every block by the dispose policy, the report first.</summary>
    private RmLeakReport? EndBlocks(ref List<Exception>? failures)
    {
        StateHeader* h = Begin();
        Cancel();
        if (_draining || _reporting)
        {
            throw Report(new ConcurrentUseException(
                $"{NameForMessages} cannot be disposed or reset from within a deallocator or a leak callback: its caller still works on it. Do it after that call returned."));
        }

        // What was given back in time is no leak.
        _ = Receive(arrivals: false, ref failures);
        if (h->Live + h->HeapLive == 0)
        {
            return null;
        }

        _observer?.Ending();
        RmLeakReport report = MakeReport();
        LastReport = report;
        if (_options.DisposePolicy == RmDisposePolicy.ThrowIfLive)
        {
            (failures ??= []).Add(Report(new LiveBlocksException($"{NameForMessages} still has live blocks and its policy forbids that; release or detach them.\n{report}")));
            Rethrow(Combine(failures));
        }

        ReportLeak(report);
        if (_options.DisposePolicy == RmDisposePolicy.Free)
        {
            FreeAll(ref failures);
        }
        else
        {
            AbandonAll();
        }

        return report;
    }

    private void ReportLeak(RmLeakReport report)
    {
        _reporting = true;
        try
        {
            AnnounceLeak(report);
            _options.OnLeak?.Invoke(report);
        }
        finally
        {
            _reporting = false;
        }
    }

    // The entries go with the table; only the totals must know.
    private void AbandonAll()
    {
        StateHeader* h = _header;
        h->ReferencesDropped += h->Allocations + h->Attaches + h->Retains - h->Releases - h->ReferencesDropped;
        h->Abandoned += h->Live + h->HeapLive;
        AbandonCounted();
        h->LiveBytes = 0;
        h->Live = 0;
    }

    private bool _reporting;

    private bool IsEnding => (_header->Modes & StateModes.Ending) != 0;

    private void SetEnding(bool on)
    {
        _header->Modes = on ? _header->Modes | StateModes.Ending : _header->Modes & ~StateModes.Ending;
        UpdateGates();
    }

    private void FreeAll(ref List<Exception>? failures)
    {
        SetEnding(true);
        try
        {
            // Deallocators may release other blocks meanwhile and so move entries about: every pass takes what it finds.
            while (_header->Live > 0)
            {
                var cursor = default(BlockCursor);
                while (cursor.Position < _header->Capacity + _header->OldCapacity && TryNextBlock(ref cursor, out RmBlock block))
                {
                    Free(block.Address, ref failures);
                }

                foreach (nint address in _table.Wide is { } wideBlocks ? [.. wideBlocks.Keys] : Array.Empty<nint>())
                {
                    Free(address, ref failures);
                }
            }

            FreeAllCounted(ref failures);
        }
        finally
        {
            SetEnding(false);
        }
    }

    private void Free(nint block, ref List<Exception>? failures)
    {
        StateHeader* h = Begin();
        ulong* entry = _table.Find(block);
        if (entry == null || !Slot.IsLive(*entry))
        {
            Cancel();
            return;
        }

        h->ReferencesDropped += _table.CountOf(entry);
        h->OtherOperations++;
        if (Deallocate(entry, block, "", 0) is { } failure)
        {
            (failures ??= []).AddRange(failure is AggregateException several ? several.InnerExceptions : [failure]);
        }
    }
}
