using Rm.Arenas;
using Rm.Counting;
using Rm.Violations;

namespace Rm;

// The receiving side: what other threads left in the mailbox is done here, on the state's own thread and in the order in which it
// came. What cannot be done yet is kept for the next time.
public sealed unsafe partial class RmState
{
    private Mailbox? _mailbox;

    // Taken from the mailbox and not done yet: a deallocator may receive too, and must go on where its caller stands.
    private InboxQueue _received;
    private InboxQueue _postponed;
    private HashSet<nint>? _postponedBlocks;
    private int _receiving;

    /// <summary>Where other threads leave blocks and references for this state. Made when first asked for, on the state's thread.</summary>
    internal Mailbox Mailbox => _mailbox ??= new Mailbox();

    /// <summary>The mailbox, for somebody who was given none yet.</summary>
    internal Mailbox OpenMailbox()
    {
        BeginRead();
        return Mailbox;
    }

    /// <summary>Does all that came: tracks blocks, releases references, frees blocks that came back.</summary>
    /// <returns>How many things were done; what failed counts where it is over, and not where it is kept.</returns>
    internal int Receive()
    {
        BeginRead();
        if (_mailbox is null || (_mailbox.IsEmpty && _received.IsEmpty))
        {
            return 0;
        }

        if (IsEnding)
        {
            ThrowDisposed();
        }

        List<Exception>? failures = null;
        int done = Receive(arrivals: true, ref failures);
        Rethrow(CombineReceived(failures));
        return done;
    }

    /// <summary>Does what waits in the mailbox.</summary>
    /// <param name="arrivals">Whether blocks are tracked; if not they are kept, with all that concerns them.</param>
    /// <param name="failures">What was thrown is added here.</param>
    private int Receive(bool arrivals, ref List<Exception>? failures)
    {
        if (_mailbox is null)
        {
            return 0;
        }

        int done = 0;
        bool noMemory = false;
        _receiving++;
        try
        {
            _received.AddReversed(_mailbox.TakeAll());
            while (_received.TryTake(out InboxItem? item))
            {
                if (_postponedBlocks is not null && _postponedBlocks.Contains(item.Block))
                {
                    _postponed.Add(item);
                }
                else if ((arrivals || item is not HandedBlock) && Deliver(item, ref failures))
                {
                    done++;
                }
                else
                {
                    noMemory |= arrivals;
                    _postponed.Add(item);
                    (_postponedBlocks ??= []).Add(item.Block);
                }
            }
        }
        catch (ConcurrentUseException busy)
        {
            // Thrown before anything was done of the item, which Deliver has put back.
            (failures ??= []).Add(busy);
        }
        finally
        {
            if (--_receiving == 0 && _postponedBlocks is not null)
            {
                _received.Prepend(ref _postponed);
                _postponedBlocks = null;
            }
        }

        if (noMemory)
        {
            (failures ??= []).Add(new OutOfMemoryException($"RmReceive found no memory for the entries of blocks handed over to {NameForMessages}; they wait for the next call."));
        }

        return done;
    }

    /// <summary>Does one thing.</summary>
    /// <returns>False, and nothing changed, when there is no memory.</returns>
    private bool Deliver(InboxItem item, ref List<Exception>? failures)
    {
        Outcome outcome;
        Exception? failure = null;
        try
        {
            outcome = item switch
            {
                HandedBlock handed => Arrive(handed),
                GivenReference given => Release(given.Block, out _, given.File, given.Line, out failure),
                _ => TakeBackFreed((LentBlock)item, out failure),
            };
        }
        catch (ConcurrentUseException)
        {
            var kept = default(InboxQueue);
            kept.Add(item);
            _received.Prepend(ref kept);
            throw;
        }

        if (outcome == Outcome.NoMemory)
        {
            return false;
        }

        try
        {
            Rethrow(failure);
            if (outcome != Outcome.Done)
            {
                _ = item is GivenReference given
                    ? Refuse(outcome, item.Block, "RmGiveBack", given.File, given.Line)
                    : Refuse(outcome, item.Block, "RmReceive", "", 0);
            }
        }
        catch (Exception exception)
        {
            (failures ??= []).AddRange(exception is AggregateException several ? several.InnerExceptions : [exception]);
        }

        return true;
    }

    // A block of this state's allocator whose last reference went elsewhere.
    private Outcome TakeBackFreed(LentBlock loan, out Exception? failure)
    {
        failure = null;
        _ = Begin();
        try
        {
            loan.Free();
        }
        catch (Exception exception) when (exception is not ConcurrentUseException)
        {
            // A heap that is busy with another thread has changed nothing.
            failure = exception;
        }
        finally
        {
            Cancel();
        }

        return Outcome.Done;
    }

    /// <summary>Tracks a block that was handed over, with the count it had.</summary>
    private Outcome Arrive(HandedBlock handed)
    {
        StateHeader* h = Begin();
        nint block = handed.Block;
        Outcome outcome = Attachable(block);
        if (outcome == Outcome.Finalizing)
        {
            // Its deallocator has freed the block already, or the address could not have come from elsewhere.
            _table.EndFinalizing(_table.Find(block), block);
            outcome = Outcome.Done;
        }

        bool own = IsOwn(handed);
        byte* mark = null;
        if (outcome == Outcome.Done && IsInHeap(block, out mark))
        {
            mark = own ? _heap!.FindMark(block, out _) : mark;
            own |= mark != null && handed.Deallocator.Kind == DeallocatorKind.LibC;
            outcome = mark == null ? Outcome.NotInUse : outcome;
        }

        if (outcome == Outcome.Done && !(own && mark != null && CountByMark(mark, handed)))
        {
            outcome = EnterArrived(handed, own, mark) ? outcome : Outcome.NoMemory;
        }

        if (outcome != Outcome.Done)
        {
            Cancel();
            return outcome;
        }

        // The further references count as retained. Readers on other threads look at the number of operations first.
        h->Attaches++;
        h->Retains += handed.Count - 1;
        h->Operations += 2 * (handed.Count - 1);
        Commit();
        NoteArrival(handed);
        GC.KeepAlive(this);
        return Outcome.Done;
    }

    // A block may come home, or to a state over the same allocator: one that is thread-safe, or that this state has inherited. It is like
    // any other of the allocator then.
    private bool IsOwn(HandedBlock handed) =>
        handed.Loan is { } loan && ReferenceEquals(loan.Allocator, _allocator)
        && (_allocator.IsThreadSafe || loan.IsOf(_mailbox) || loan.IsHomeless);

    /// <summary>Counts a block of the own heap by its mark again.</summary>
    /// <returns>False when its count does not fit there.</returns>
    private bool CountByMark(byte* mark, HandedBlock handed)
    {
        int aligned = handed.AlignmentLog2 != 0 ? Mark.Aligned : 0;
        if (handed.Count > Mark.CountMask || !Mark.IsCounted((byte)(aligned | (int)handed.Count)))
        {
            return false;
        }

        *mark = (byte)(aligned | (int)handed.Count);
        CountInHeap(_header, _heap!.UsableSize(handed.Block));
        _header->Allocations--;
        return true;
    }

    private bool EnterArrived(HandedBlock handed, bool own, byte* mark)
    {
        nint block = handed.Block;
        bool prepared = own
            ? PrepareEntry(handed.Size ?? 0, handed.AlignmentLog2, out uint info)
            : PrepareAttached(block, handed.Deallocator, handed.Size, out info, handed.AlignmentLog2);
        if (prepared && handed.Count > Slot.MaxInline && !BlockInfo.HasRecord(info))
        {
            uint index = _table.EnsureInfo() ? _table.NewRecord(block, info) : 0;
            prepared = index != 0;
            info = prepared ? BlockInfo.OfRecord(index) : info;
        }

        ulong* entry = prepared ? _table.Insert(block, info) : null;
        if (entry == null)
        {
            DropRecord(info);
            return false;
        }

        SideRecord* record = BlockInfo.HasRecord(info) ? _table.Records.At(BlockInfo.RecordIndex(info)) : null;
        if (record != null)
        {
            record->Address = block;
            record->Count = handed.Count;
        }

        *entry = (*entry & ~Slot.CountMask) | (handed.Count > Slot.MaxInline ? Slot.InRecord : (uint)handed.Count);
        if (mark != null)
        {
            *mark = Mark.Elsewhere;
        }

        AddBytes(_header, TrySizeOf(info, block, out nuint size) ? size : 0);
        return true;
    }

    private void NoteArrival(HandedBlock handed)
    {
        (string file, int line) = (handed.Site.File ?? "", handed.Site.Line);
        NoteSized(
            RmOperation.Attach, handed.Block, 0, handed.Size ?? StateEvent.UnknownSize, AllocationKind.Plain, handed.AlignmentLog2, file, line);
        for (long count = 2; count <= handed.Count && (_header->Modes & StateModes.Observed) != 0; count++)
        {
            Tell(RmOperation.Retain, handed.Block, 0, count, StateEvent.UnknownSize, AllocationKind.Plain, 0, file, line);
        }
    }

    /// <summary>Ends what waits for a state that ends: blocks are freed, blocks that came back too, references went with theirs.</summary>
    private void EndMailbox(Mailbox? successor, ref List<Exception>? failures)
    {
        if (_mailbox is not { } mailbox)
        {
            return;
        }

        mailbox.Successor = successor;
        _mailbox = successor ?? mailbox;
        _received.Prepend(ref _postponed);
        _postponedBlocks = null;
        _received.AddReversed(mailbox.Close());
        SetEnding(on: true);
        try
        {
            while (_received.TryTake(out InboxItem? item))
            {
                try
                {
                    (item as HandedBlock)?.Deallocate();
                    (item as LentBlock)?.Free();
                }
                catch (Exception exception)
                {
                    (failures ??= []).Add(exception);
                }
            }
        }
        finally
        {
            SetEnding(on: false);
        }
    }

    private static Exception? CombineReceived(List<Exception>? failures) => failures switch
    {
        null => null,
        [Exception single] => single,
        _ => new AggregateException("Several of the things received failed; the rest is done.", failures),
    };
}
