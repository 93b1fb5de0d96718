using Rm.Violations;

namespace Rm.Membufs;

// The heap's end, and what still lives then.
public sealed unsafe partial class MembufHeap
{
    private int _disposer;

    /// <summary>
    /// Ends the heap. By <see cref="MembufHeapOptions.DisposePolicy"/> the blocks that live are ended, each with its onFree once, or left, or
    /// forbid it; <see cref="MembufHeapOptions.OnLeak"/> hears of them first. What an onFree gives back meanwhile has ended too, and is no
    /// error. Does nothing the second time.
    /// </summary>
    /// <exception cref="LiveBlocksException">Blocks live, and the policy forbids that; nothing changed.</exception>
    /// <exception cref="ConcurrentUseException">Called by an onFree, or by something that the arena called in the middle of an operation of this thread.</exception>
    /// <exception cref="AggregateException">Several onFree threw; one alone is thrown as it is. Everything is done all the same.</exception>
    /// <remarks>
    /// Other threads that use the heap meanwhile or afterwards get <see cref="ObjectDisposedException"/>; the bytes of its blocks are gone, so
    /// none may touch them, nor be releasing the last reference of a block with an onFree just then.
    /// </remarks>
    public void Dispose()
    {
        if (!TryClose())
        {
            return;
        }

        WaitForLongWays();
        Volatile.Write(ref _disposer, Environment.CurrentManagedThreadId);
        List<Exception>? failures = null;
        List<nint> live;
        MembufReport report;
        int ends = 0;
        lock (_lock)
        {
            for (int i = 0; i < _homeCount; i++)
            {
                // Among them may be blocks without a reference that nobody has ended yet.
                Join(ReadMail(_homes[i]!), ref ends);
            }

            report = TakeReport(out live);
            live.ForEach(EndAtOnce);
        }

        Run(() => RunEnds(ends), ref failures);

        if (report.Blocks > 0)
        {
            Run(() => _options.OnLeak?.Invoke(report), ref failures);
        }

        if (_options.DisposePolicy == RmDisposePolicy.Free)
        {
            foreach (nint place in live)
            {
                RunPolicy((MembufRecord*)place, ref failures);
            }
        }

        lock (_lock)
        {
            live.ForEach(static place => Volatile.Write(ref ((MembufRecord*)place)->Tag, MembufRecord.NextFree(((MembufRecord*)place)->Tag)));
            if (_options.DisposePolicy != RmDisposePolicy.Abandon)
            {
                CloseMemory();
            }
        }

        Volatile.Write(ref _disposer, 0);
        _holder.Dispose();
        GC.SuppressFinalize(this);
        if (failures is not null)
        {
            ThrowTogether(failures);
        }
    }

    private bool TryClose()
    {
        lock (_lock)
        {
            if (IsDisposed)
            {
                return false;
            }

            if (EndFrame.Of(_head) != null || (FindHomeOfThisThread() is { } own && own.Tables->Busy != 0))
            {
                throw new ConcurrentUseException(
                    $"{NameForMessages} cannot be disposed in the middle of an operation, or by an onFree: its caller still works on it. Dispose it afterwards.");
            }

            if (_options.DisposePolicy == RmDisposePolicy.ThrowIfLive && TakeReport(out _) is { Blocks: > 0 } living)
            {
                throw new LiveBlocksException($"{NameForMessages} cannot be disposed: {living}. Give back their references first.");
            }

            _ = Interlocked.Exchange(ref _head->Closed, 1);
            return true;
        }
    }

    // Whoever is in the middle of a long way is through with it afterwards; whoever begins one later sees that the heap is closed. A short way
    // touches the heap's own tables only, which stay. Not under the lock, which a long way may need.
    private void WaitForLongWays()
    {
        var spin = new SpinWait();
        foreach (MembufHome? home in _homes)
        {
            while (home is not null && Volatile.Read(ref home.Tables->Busy) != 0)
            {
                spin.SpinOnce();
            }

#if RM_MUTATIONS
            if (home is not null && !MembufMutation.Is(MembufMutation.ClosedIgnored))
#else
            if (home is not null)
#endif
            {
                home.Tables->Open = HomeTables.Nobody;
            }
        }
    }

    // All have ended before the first onFree runs: one that another's would release is not ended twice.
    private static void EndAtOnce(nint place)
    {
        var record = (MembufRecord*)place;
        Volatile.Write(ref record->Touched, MembufRecord.ByOthers);
        Volatile.Write(ref RecordChunk.ShareOf(record)->Word, MembufShare.Bias | MembufShare.Dead);
    }

    private void RunPolicy(MembufRecord* record, ref List<Exception>? failures)
    {
        if (_policies[MembufRecord.PolicyOf(record)] is { } policy)
        {
            nint block = record->Address;
            nuint size = MembufRecord.LengthOf(record);
            Run(() => policy.Run(block, size), ref failures);
        }
    }

    /// <summary>Whether this thread disposes the heap just now: then all blocks have ended, and what an onFree gives back is in vain.</summary>
    internal bool IsDisposing => Volatile.Read(ref _disposer) == Environment.CurrentManagedThreadId;

    private void CloseMemory()
    {
        if (_ownsArena)
        {
            Arena.Dispose();
            return;
        }

        foreach (MembufHome? home in _homes)
        {
            home?.Pool.Dispose();
        }
    }

    private static void Run(Action action, ref List<Exception>? failures)
    {
        try
        {
            action();
        }
#pragma warning disable CA1031 // Everything is to be ended; what was thrown is thrown then.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            (failures ??= []).Add(failure);
        }
    }

    private MembufHome? FindHomeOfThisThread() =>
        _homesByIdentity.TryGetValue(ThreadIdentity.Current, out MembufHome? home) ? home : null;

    // By the finalizer: never throws.
    private void Report()
    {
        try
        {
            if (!IsDisposed && _options.OnLeak is { } listener && TakeReport(out _) is { Blocks: > 0 } report)
            {
                listener(report);
            }
        }
#pragma warning disable CA1031 // An exception here would end the process.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
