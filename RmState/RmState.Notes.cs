using System.Runtime.CompilerServices;
using Rm.Counting;
using Rm.Sites;

namespace Rm;

// What diagnostics hear of: every operation that succeeded, once, when it is over. The short ways end in a jump to one of these.
public sealed unsafe partial class RmState
{
    private StateObserver? _observer;

    /// <summary>Begins to tell an observer of every operation.</summary>
    internal void AddObserver(StateObserver observer) => SetObserver(StateObservers.With(_observer, observer));

    /// <summary>Stops telling an observer; does nothing when it is not told, or the state is disposed.</summary>
    internal void RemoveObserver(StateObserver observer)
    {
        if (!IsDisposed)
        {
            SetObserver(StateObservers.Without(_observer, observer));
        }
    }

    private void SetObserver(StateObserver? observer)
    {
        Begin();
        _observer = observer;
        SetModes(StateModes.Observed, observer is null ? StateModes.None : StateModes.Observed);
        Cancel();
    }

    private void SetModes(StateModes which, StateModes on)
    {
        _header->Modes = (_header->Modes & ~which) | on;
        UpdateGates();
    }

    // The end of a short retain, at a slot of the present table. With the file met last, and a record whose first pair is the
    // site's, there is no more to it than an increment.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long NoteRetain(ulong* entry, long count, string file, int line)
    {
        StateHeader* h = _header;
        if ((h->Modes & StateModes.Noted) != StateModes.Sited)
        {
            return NoteWithHistory(RmOperation.Retain, entry, count, file, line);
        }

        if (ReferenceEquals(file, _siteFile) && (uint)line <= SiteNames.MaxLine)
        {
            uint info = InfoAt(h, entry);
            if (BlockInfo.HasRecord(info))
            {
                SideRecord* record = RecordAt(h, info);
                h->LastRecord = record;
                uint retains = record->Retains.Count + 1;
                if (record->Retains.Site == _siteBase + (uint)line && retains != 0)
                {
                    record->Retains.Count = retains;
                    GC.KeepAlive(this);
                    return count;
                }
            }
        }

        return NoteCount(RmOperation.Retain, entry, count, file, line);
    }

    // A release often follows the retain it answers: the record is at hand then.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long NoteRelease(ulong* entry, long count, string file, int line)
    {
        StateHeader* h = _header;
        SideRecord* record = h->LastRecord;
        if ((h->Modes & StateModes.Noted) != StateModes.Sited)
        {
            return NoteWithHistory(RmOperation.Release, entry, count, file, line);
        }

        if (ReferenceEquals(file, _siteFile) && (uint)line <= SiteNames.MaxLine && record != null && record->Address == Slot.Address(*entry))
        {
            uint releases = record->Releases.Count + 1;
            if (record->Releases.Site == _siteBase + (uint)line && releases != 0)
            {
                record->Releases.Count = releases;
                GC.KeepAlive(this);
                return count;
            }
        }

        return NoteCount(RmOperation.Release, entry, count, file, line);
    }

    // The same with the operation in the block's history.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long NoteWithHistory(RmOperation operation, ulong* entry, long count, string file, int line)
    {
        StateHeader* h = _header;
        SideRecord* record = h->LastRecord;
        if (record == null || record->Address != Slot.Address(*entry))
        {
            uint info = InfoAt(h, entry);
            record = BlockInfo.HasRecord(info) ? RecordAt(h, info) : null;
            h->LastRecord = record;
        }

        if ((h->Modes & StateModes.Observed) == 0 && record != null && ReferenceEquals(file, _siteFile)
            && (uint)line <= SiteNames.MaxLine)
        {
            uint key = _siteBase + (uint)line;
            SitePair* pair = operation == RmOperation.Retain ? &record->Retains : &record->Releases;
            uint noted = pair->Count + 1;
            if (pair->Site == key && noted != 0)
            {
                pair->Count = noted;
                _ledger!.Append(record, (byte)operation, count, key, (ulong)h->Operations >> 1);
                GC.KeepAlive(this);
                return count;
            }
        }

        return NoteCount(operation, entry, count, file, line);
    }

    // What is not as short: other files, further sites, observers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long NoteCount(RmOperation operation, ulong* entry, long count, string file, int line)
    {
        NoteDone(operation, Slot.Address(*entry), 0, count, StateEvent.UnknownSize, AllocationKind.Plain, 0, file, line);
        return count;
    }

    /// <summary>The info of a slot of the present table, as far as it is in the cold array; else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint InfoAt(StateHeader* h, ulong* entry) => Slot.HasInfoElsewhere(*entry) ? *ColdInfo(h, entry) : BlockInfo.None;

    /// <summary>The place in the cold array that belongs to a slot of the present table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint* ColdInfo(StateHeader* h, ulong* entry) =>
        (uint*)((byte*)h->Info + ((nuint)((byte*)entry - (byte*)h->Table) >> 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static SideRecord* RecordAt(StateHeader* h, uint info)
    {
        uint index = BlockInfo.RecordIndex(info);
        return (SideRecord*)h->Records[index >> RecordStore<SideRecord>.ChunkLog2] + (index & (RecordStore<SideRecord>.ChunkLength - 1));
    }

    // Malloc where sites are all that is noted, with a spare block and a freed record at hand.
    private nint MallocSited(nuint size, string file, int line)
    {
        StateHeader* h = _header;
        long operations = h->Operations;
        if (size <= SpareBlocks.LargestSize && ReferenceEquals(file, _siteFile) && (uint)line <= SiteNames.MaxLine && h->Info != null
            && h->Live < h->GrowAt && (operations & ClockMask) != 0)
        {
            uint sizeClass = SpareBlocks.ClassOf(size);
            nint block = h->Spares->Take(sizeClass);
            ulong* home = h->Slots + (PointerHash.Of(block, h->Seed) >> h->Shift);
            ulong* entry = PointerTable.NearSlot(home);
            uint index = _records.FirstFreed;
            if (index != 0 && block != 0 && *entry == Slot.Empty && *home >> Slot.AddressShift != (ulong)block)
            {
                h->Operations = operations + 1;
                SideRecord* record = RecordAt(h, index);
                _records.TakeFirstFreed(record);
                *record = default;
                record->Address = block;
                record->Size = size;
                record->Site = _siteBase + (uint)line;
                record->Born = (ulong)(operations + 2) >> 1;
                record->BornAt = _clock;
                *entry = Slot.Live(block, Slot.InfoElsewhere);
                *ColdInfo(h, entry) = BlockInfo.OfRecord(index);
                h->Last = entry;
                CountAllocation(h, size);
                h->Operations = operations + 2;
                GC.KeepAlive(this);
                return block;
            }

            if (block != 0)
            {
                _ = h->Spares->Keep(sizeClass, block);
            }
        }

        return MallocNoted(size, file, line);
    }

    // The last reference of such a block, where no other entry need move.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long ReleaseLastSited(nint block, ulong* entry, long operations, string file, int line)
    {
        StateHeader* h = _header;
        nuint offset = (nuint)((byte*)entry - (byte*)h->Table);
        uint info = InfoAt(h, entry);
        if (BlockInfo.HasRecord(info) && ReferenceEquals(file, _siteFile) && (uint)line <= SiteNames.MaxLine
            && PointerTable.EndsRun(h, entry, (nint)(offset / sizeof(ulong))))
        {
            SideRecord* record = RecordAt(h, info);
            if (IsPlain(record))
            {
                h->Operations = operations + 1;
                *entry = Slot.Empty;
                h->LiveBytes -= (long)record->Size;
                h->Live--;
                record->EndSite = _siteBase + (uint)line;
                record->EndedBy = (byte)RmOperation.Free;
                h->LastRecord = null;
                uint sizeClass = SpareBlocks.ClassOf(record->Size);
                _ledger!.Bury(BlockInfo.RecordIndex(info));
                h->Operations = operations + 2;
                if (h->Spares->Keep(sizeClass, block))
                {
                    GC.KeepAlive(this);
                    return 0;
                }

                return FreeBatch(sizeClass, block);
            }
        }

        return ReleaseFar(block, operations, file, line);
    }

    // Malloc without a detour, where that is noted.
    private nint MallocNoted(nuint size, string file, int line)
    {
        StateHeader* h = _header;
        nint block = size <= SpareBlocks.LargestSize ? h->Spares->Take(SpareBlocks.ClassOf(size)) : 0;
        block = block != 0 ? block : MallocOrBatch(size);
        uint info = (uint)size + 1;
        if (block != 0 && IsSited)
        {
            uint index = _table.NewRecord(block, info);
            info = BlockInfo.OfRecord(index);
            if (index == 0 || !TryEnterOpen(block, info, size))
            {
                DropRecord(index == 0 ? BlockInfo.None : info);
                return AllocateOrThrow(AllocationKind.Plain, size, 0, nameof(RmMalloc), file, line, block);
            }

            NoteBirth(_table.Records.At(index), RmOperation.Allocate, file, line);
        }
        else if (!TryEnterOpen(block, info, size))
        {
            return AllocateOrThrow(AllocationKind.Plain, size, 0, nameof(RmMalloc), file, line, block);
        }

        if ((h->Modes & StateModes.Observed) != 0)
        {
            Tell(RmOperation.Allocate, block, 0, 1, size, AllocationKind.Plain, 0, file, line);
        }

        return block;
    }

    // The last reference of a block of the open table goes, where that is noted.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long ReleaseLastNoted(nint block, ulong* entry, long operations, string file, int line)
    {
        StateHeader* h = _header;
        uint info = _table.ReadInfo(entry);
        uint index = BlockInfo.HasRecord(info) ? BlockInfo.RecordIndex(info) : 0;
        SideRecord* record = index == 0 ? null : _table.Records.At(index);

        // Where sites are recorded every block that ends has a record, and elsewhere a plain one has none.
        if (IsSited ? record == null || !IsPlain(record) : !ReleaseLastPlain(h, entry, out info))
        {
            h->Operations = operations;
            return ReleaseGeneral(block, file, line);
        }

        if (IsSited)
        {
            info = (uint)record->Size + 1;
            h->LiveBytes -= (long)record->Size;
            h->Live--;
            PointerTable.Vacate(h, entry);
            NoteEnd(index, RmOperation.Free, file, line);
            _ledger!.Bury(index);
        }

        h->Operations = operations + 2;
        if ((h->Modes & StateModes.Observed) != 0)
        {
            Tell(RmOperation.Free, block, 0, 0, StateEvent.UnknownSize, AllocationKind.Plain, 0, file, line);
        }

        return KeepOrFree(block, info);
    }

    // A block that malloc, the slot and its sites are all there is to.
    private static bool IsPlain(SideRecord* record) =>
        record->Kind == DeallocatorKind.Allocator && record->AlignmentLog2 == 0 && record->FirstHold == 0
        && record->Size <= SpareBlocks.LargestSize && record->WideSlot == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Note(RmOperation operation, nint block, long count, string file, int line)
    {
        if ((_header->Modes & StateModes.Noted) != 0)
        {
            NoteDone(operation, block, 0, count, StateEvent.UnknownSize, AllocationKind.Plain, 0, file, line);
        }
    }

    // A block that came, or got another size.
    private void NoteSized(
        RmOperation operation, nint block, nint previous, nuint size, AllocationKind kind, int alignmentLog2, string file, int line)
    {
        if ((_header->Modes & StateModes.Noted) != 0)
        {
            NoteDone(operation, block, previous, 1, size, kind, alignmentLog2, file, line);
        }
    }

    private void NoteDone(
        RmOperation operation, nint block, nint previous, long count, nuint size, AllocationKind kind, int alignmentLog2, string file, int line)
    {
        StateModes modes = _header->Modes;
        if ((modes & StateModes.Sited) != 0)
        {
            NoteSite(operation, block, count, file, line);
        }

        if ((modes & StateModes.Observed) != 0)
        {
            Tell(operation, block, previous, count, size, kind, alignmentLog2, file, line);
        }

        GC.KeepAlive(this);
    }

    private void Tell(
        RmOperation operation, nint block, nint previous, long count, nuint size, AllocationKind kind, int alignmentLog2, string file, int line)
    {
        var done = new StateEvent
        {
            Operation = operation,
            Kind = kind,
            AlignmentLog2 = (byte)alignmentLog2,
            Block = block,
            Previous = previous,
            Count = count,
            Size = size,
            File = file,
            Line = line,
        };
        _observer?.Done(done);
    }
}
