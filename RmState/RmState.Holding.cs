using System.Runtime.CompilerServices;
using Rm.Counting;
using Rm.Sites;
using Rm.Violations;

namespace Rm;

public sealed unsafe partial class RmState
{
    /// <summary>
    /// Adds a reference in the name of the caller: the holder's dispose gives back this very reference, and
    /// <see cref="RmWhoHolds(nint)"/> names it until then, at every level. None of the older systems has it.
    /// </summary>
    /// <param name="block">A tracked block.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The holder; dispose it once.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="UntrackedPointerException">The state does not know the pointer.</exception>
    /// <exception cref="FinalizingBlockException">The block's deallocator runs.</exception>
    /// <exception cref="OverflowException">The count is <see cref="long.MaxValue"/>; it stays so.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the holder; nothing changed.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1); 32 bytes a holder and 128 a held block. Thread rule: the state's.</remarks>
    public RmHold RmRetainAs(nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        // A block that was held before has its record; with a freed holder at hand nothing can fail.
        StateHeader* h = _header;
        long operations = h->Operations;
        ulong* entry = PointerTable.NearEntry(h, block);
        ulong slot = *entry;
        if (slot >> Slot.AddressShift == (ulong)block && Slot.Count(slot) - 1 < Slot.MaxInline - 1 && Slot.HasInfoElsewhere(slot)
            && (operations & 1) == 0 && (h->Modes & StateModes.Noted) == 0 && _ledger is { } ledger
            && ReferenceEquals(file, _siteFile) && (uint)line <= SiteNames.MaxLine)
        {
            RecordStore<Hold> holds = ledger.Holds;
            uint info = *ColdInfo(h, entry);
            uint taken = holds.FirstFreed;
            if (BlockInfo.HasRecord(info) && taken != 0)
            {
                h->Operations = operations + 1;
                *entry = slot + 1;
                h->Last = entry;
                h->Retains++;
                Hold* hold = holds.At(taken);
                holds.TakeFirstFreed(hold);
                ulong generation = ++_generations;
                hold->Generation = generation;
                hold->Site = _siteBase + (uint)line;
                hold->Born = (ulong)(operations + 2) >> 1;
                ledger.Link(taken, hold, BlockInfo.RecordIndex(info), RecordAt(h, info));
                h->Operations = operations + 2;
                GC.KeepAlive(this);
                return new RmHold(this, block, taken, generation);
            }
        }

        return RetainAsElsewhere(block, file, line);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private RmHold RetainAsElsewhere(nint block, string file, int line)
    {
        Outcome outcome = RetainAs(block, out uint index, file, line);
        if (outcome == Outcome.Done)
        {
            return new RmHold(this, block, index, _generations);
        }

        _ = Refuse(outcome, block, nameof(RmRetainAs), file, line);
        return default;
    }

    private Outcome RetainAs(nint block, out uint index, string file, int line)
    {
        index = 0;
        StateHeader* h = Begin();
        Outcome outcome = block == 0 ? Outcome.Null : Outcome.NoMemory;
        ulong* entry = null;
        uint recordIndex = 0;
        if (block != 0 && (FindCounted(block, out nuint size) is var mark && (mark == null || MoveToTable(mark, block, size))))
        {
            entry = _table.Find(block);
            outcome = entry == null ? Outcome.Untracked : Slot.Count(*entry) == Slot.Finalizing ? Outcome.Finalizing : Outcome.NoMemory;
            recordIndex = outcome == Outcome.NoMemory ? _table.EnsureRecord(entry, block) : 0;
            index = recordIndex == 0 ? 0 : Ledger.Holds.Take();
        }

        long count = 0;
        if (index != 0)
        {
            outcome = AddReference(entry, block, out count);
        }

        if (outcome != Outcome.Done)
        {
            if (index != 0)
            {
                _ledger!.FreeHold(index, _ledger.Holds.At(index));
            }

            Cancel();
            return outcome;
        }

        Hold* hold = _ledger!.Holds.At(index);
        hold->Generation = ++_generations;
        hold->Site = KeyOf(file, line);
        hold->Born = (ulong)(h->Operations + 1) >> 1;
        _ledger.Link(index, hold, recordIndex, _table.Records.At(recordIndex));
        h->Retains++;
        Commit();
        NoteHold(RmOperation.Retain, recordIndex, block, count, file, line);
        GC.KeepAlive(this);
        return Outcome.Done;
    }

    // A holder's reference is matched by itself: it is in the block's history, not among its bare retains.
    private void NoteHold(RmOperation operation, uint record, nint block, long count, string file, int line)
    {
        if ((_header->Modes & StateModes.Noted) == 0)
        {
            return;
        }

        if (IsSited)
        {
            Append(_table.Records.At(record), operation, count, KeyOf(file, line));
        }

        if ((_header->Modes & StateModes.Observed) != 0)
        {
            Tell(operation, block, 0, count, StateEvent.UnknownSize, AllocationKind.Plain, 0, file, line);
        }
    }

    internal bool IsHeld(uint index, ulong generation)
    {
        BeginRead();
        bool held = _ledger is not null && _ledger.Holds.IsValid(index) && _ledger.Holds.At(index)->Generation == generation
            && _ledger.Holds.At(index)->Record != 0;
        GC.KeepAlive(this);
        return held;
    }

    /// <summary>Ends a hold unless it was ended before.</summary>
    internal void EndHold(nint block, uint index, ulong generation)
    {
        StateHeader* h = _header;
        long operations = h->Operations;
        ulong* entry = h->Last;
        ulong slot = *entry;
        if (slot >> Slot.AddressShift == (ulong)block && Slot.Count(slot) - 2 < Slot.MaxInline - 1 && (operations & 1) == 0
            && (h->Modes & StateModes.Noted) == 0 && _ledger is { } ledger && ledger.Holds.IsValid(index))
        {
            Hold* hold = ledger.Holds.At(index);
            if (hold->Generation == generation && hold->Record != 0)
            {
                h->Operations = operations + 1;
                *entry = slot - 1;
                ledger.Unlink(index, hold);
                h->Operations = operations + 2;
                GC.KeepAlive(this);
                return;
            }
        }

        EndHoldElsewhere(block, index, generation);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EndHoldElsewhere(nint block, uint index, ulong generation)
    {
        StateHeader* h = Begin();
        if (_ledger is null || !_ledger.Holds.IsValid(index) || _ledger.Holds.At(index)->Generation != generation)
        {
            Cancel();
            return;
        }

        Hold* hold = _ledger.Holds.At(index);
        uint recordIndex = hold->Record;
        (string file, int line) = _ledger.Names.NameOf(hold->Site);
        if (recordIndex == 0)
        {
            _ledger.FreeHold(index, hold);
            Cancel();
            ReportOutlived(block);
            return;
        }

        _ledger.Unlink(index, hold);
        ulong* entry = _table.Find(block);
        long remaining = DropReference(entry);
        if (remaining != 0)
        {
            Commit();
            NoteHold(RmOperation.Release, recordIndex, block, remaining, file, line);
            GC.KeepAlive(this);
            return;
        }

        bool others = _table.Records.At(recordIndex)->FirstHold != 0;
        Exception? failure = Deallocate(entry, block, file, line);
        GC.KeepAlive(this);
        if (others)
        {
            ReportOutlived(block);
        }

        Rethrow(failure);
    }

    /// <summary>Who holds a block, and how it came to its count.</summary>
    /// <param name="block">A tracked block.</param>
    /// <returns>A copy; it does not follow what happens afterwards.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="block"/> is null.</exception>
    /// <exception cref="UntrackedPointerException">The state does not know the pointer.</exception>
    /// <exception cref="FinalizingBlockException">The block's deallocator runs: nobody holds it any more.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(holders + places of this block). Changes nothing. Thread rule: the state's.</remarks>
    public RmHolders RmWhoHolds(nint block)
    {
        BeginRead();
        byte* mark = FindCounted(block, out nuint size);
        if (mark != null)
        {
            return new RmHolders { Block = block, Count = Arenas.Mark.Count(*mark), Size = size };
        }

        ulong* entry = _table.Find(block);
        if (entry == null || Slot.Count(*entry) == Slot.Finalizing)
        {
            throw Failure(block == 0 ? Outcome.Null : entry == null ? Outcome.Untracked : Outcome.Finalizing, block, nameof(RmWhoHolds));
        }

        RmBlock described = Describe(entry, block);
        uint info = _table.ReadInfo(entry);
        if (_ledger is null || !BlockInfo.HasRecord(info))
        {
            return new RmHolders { Block = block, Count = described.Count, Size = described.Size };
        }

        SideRecord* record = _table.Records.At(BlockInfo.RecordIndex(info));
        List<SitePlace> places = _ledger.PlacesOf(record);
        var holders = new RmHolders
        {
            Block = block,
            Count = described.Count,
            Size = described.Size,
            Site = SiteOf(record->Site),
            Born = (long)record->Born,
            Holds = HoldsOf(record),
            Retains = CountsOf(places, place => place.Retains),
            Releases = CountsOf(places, place => place.Releases),
            History = HistoryOf(record),
        };
        GC.KeepAlive(this);
        return holders;
    }

    // The list begins with the youngest.
    private RmHoldInfo[] HoldsOf(SideRecord* record)
    {
        List<RmHoldInfo> holds = [];
        for (uint hold = record->FirstHold; hold != 0; hold = _ledger!.Holds.At(hold)->Next)
        {
            Hold* held = _ledger!.Holds.At(hold);
            holds.Add(new RmHoldInfo(SiteOf(held->Site), (long)held->Born));
        }

        holds.Reverse();
        return [.. holds];
    }

    private RmSiteCount[] CountsOf(List<SitePlace> places, Func<SitePlace, long> countOf) =>
        [.. places.Where(place => countOf(place) > 0).OrderByDescending(countOf).Select(place => new RmSiteCount(SiteOf(place.Site), countOf(place)))];

    private RmHistoryEntry[] HistoryOf(SideRecord* record) =>
        [.. _ledger!.HistoryOf(record).Select(entry => new RmHistoryEntry((RmOperation)entry.Operation, SiteOf(entry.Site), entry.Count, (long)entry.Number))];
}
