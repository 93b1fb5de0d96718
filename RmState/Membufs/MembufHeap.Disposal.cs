using Rm.Violations;

namespace Rm.Membufs;

// The heap's end, and what still lives then.
public sealed unsafe partial class MembufHeap
{
    /// <summary>
    /// Ends the heap. By <see cref="MembufHeapOptions.DisposePolicy"/> the blocks that live are ended, each with its onFree once, or left, or
    /// forbid it; <see cref="MembufHeapOptions.OnLeak"/> hears of them first. Does nothing the second time.
    /// </summary>
    /// <exception cref="LiveBlocksException">Blocks live, and the policy forbids that; nothing changed.</exception>
    /// <exception cref="ConcurrentUseException">Called by an onFree, or by something that the arena called in the middle of an operation of this thread.</exception>
    /// <exception cref="AggregateException">Several onFree threw; one alone is thrown as it is. Everything is done all the same.</exception>
    /// <remarks>
    /// Other threads that use the heap meanwhile or afterwards get <see cref="ObjectDisposedException"/>; the bytes of its blocks are gone, so
    /// none may touch them. The onFree that it runs may dereference other blocks of the heap, which does nothing then: each has its own turn.
    /// </remarks>
    public void Dispose()
    {
        List<Exception>? failures = null;
        List<nint> live;
        int ends = 0;
        lock (_lock)
        {
            if (IsDisposed)
            {
                return;
            }

            if (EndFrame.Of(_head) != null || (FindHomeOfThisThread() is { } own && (own.Tables->Operations & 1) != 0))
            {
                throw new ConcurrentUseException(
                    $"{NameForMessages} cannot be disposed in the middle of an operation, or by an onFree: its caller still works on it. Dispose it afterwards.");
            }

            if (_options.DisposePolicy == RmDisposePolicy.ThrowIfLive && TakeReport(out _) is { Blocks: > 0 } living)
            {
                throw new LiveBlocksException($"{NameForMessages} cannot be disposed: {living}. Give back their references first.");
            }

            Volatile.Write(ref _head->Closed, 1);
        }

        // Not under the lock, which those that are waited for may need.
        AwaitOperations();
        lock (_lock)
        {
            for (int i = 0; i < _homeCount; i++)
            {
                // Among them may be blocks without a reference that nobody has ended yet.
                Join(ReadMail(_homes[i]!), ref ends);
            }

            MembufReport report = TakeReport(out live);
            if (report.Blocks > 0)
            {
                Run(() => _options.OnLeak?.Invoke(report), ref failures);
            }

            live.ForEach(static place => EndCounting((MembufRecord*)place));
        }

        RunAll(ends, _options.DisposePolicy == RmDisposePolicy.Free ? live : [], ref failures);
        if (_options.DisposePolicy != RmDisposePolicy.Abandon)
        {
            CloseMemory();
        }

        _holder.Dispose();
        GC.SuppressFinalize(this);
        if (failures is not null)
        {
            ThrowTogether(failures);
        }
    }

    /// <summary>
    /// Whether this thread is disposing the heap. What an onFree then gives back of its other blocks has been ended, and each has its turn.
    /// </summary>
    internal bool IsClosingHere
    {
        get
        {
            EndFrame* frame = EndFrame.Innermost;
            while (frame != null && (frame->Heap != _head || !frame->IsClosing))
            {
                frame = frame->Outer;
            }

            return frame != null;
        }
    }

    // Whoever was in the middle of something is through with it afterwards; whoever begins later sees that the heap is closed. The barrier
    // takes the place of one that every allocation would need between saying that it is under way and looking here.
    private void AwaitOperations()
    {
        Interlocked.MemoryBarrierProcessWide();
        var spin = new SpinWait();
        foreach (MembufHome? home in _homes)
        {
            while (home is not null && (Volatile.Read(ref home.Tables->Operations) & 1) != 0)
            {
                spin.SpinOnce();
            }
        }
    }

    private static void EndCounting(MembufRecord* record)
    {
        Volatile.Write(ref RecordChunk.ShareOf(record)->Word, MembufShare.Bias | MembufShare.Dead);
        Volatile.Write(ref record->Tag, MembufRecord.NextFree(record->Tag));
    }

    private void RunAll(int ends, List<nint> records, ref List<Exception>? failures)
    {
        var frame = new EndFrame { Heap = _head, Outer = EndFrame.Innermost, IsClosing = true };
        EndFrame.Innermost = &frame;
        try
        {
            Run(() => RunEnds(ends), ref failures);
            foreach (nint place in records)
            {
                var record = (MembufRecord*)place;
                if (_policies[MembufRecord.PolicyOf(record)] is { } policy)
                {
                    Run(() => policy.Run(((MembufRecord*)place)->Address, MembufRecord.LengthOf((MembufRecord*)place)), ref failures);
                }
            }
        }
        finally
        {
            EndFrame.Innermost = frame.Outer;
        }
    }

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
