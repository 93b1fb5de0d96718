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

    // The end of a short retain, at a slot of the present table. With the site met last and a record that has a pair for it there
    // is no more to it than an increment.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long NoteRetain(ulong* entry, long count, string file, int line)
    {
        StateHeader* h = _header;
        SideRecord* record = RecordIfSited(h, entry);
        if (record != null && TryKeyOf(file, line, out uint key))
        {
            SitePair* pair = &record->Retains;
            pair += pair->Site != key ? 1 : 0;
            if (pair->Site == key && pair->Count != uint.MaxValue)
            {
                pair->Count++;
                GC.KeepAlive(this);
                return count;
            }
        }

        return NoteCount(RmOperation.Retain, entry, count, file, line);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long NoteRelease(ulong* entry, long count, string file, int line)
    {
        StateHeader* h = _header;
        SideRecord* record = RecordIfSited(h, entry);
        if (record != null && TryKeyOf(file, line, out uint key) && record->Releases.Site == key && record->Releases.Count != uint.MaxValue)
        {
            record->Releases.Count++;
            GC.KeepAlive(this);
            return count;
        }

        return NoteCount(RmOperation.Release, entry, count, file, line);
    }

    /// <summary>The side record of a slot of the present table, where sites are all that is recorded.</summary>
    /// <returns>Null when more is to be done, or there is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static SideRecord* RecordIfSited(StateHeader* h, ulong* entry)
    {
        if ((h->Modes & StateModes.Noted) != StateModes.Sited || !Slot.HasInfoElsewhere(*entry))
        {
            return null;
        }

        uint info = h->Info[entry - h->Table];
        if (!BlockInfo.HasRecord(info))
        {
            return null;
        }

        uint index = BlockInfo.RecordIndex(info);
        return (SideRecord*)h->Records[index >> RecordStore<SideRecord>.ChunkLog2] + (index & (RecordStore<SideRecord>.ChunkLength - 1));
    }

    /// <summary>The key of a site in the file met last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryKeyOf(string file, int line, out uint key)
    {
        SiteNames names = _ledger!.Names;
        key = names.LastBase + (uint)line;
        return ReferenceEquals(file, names.LastFile) && (uint)line <= SiteNames.MaxLine;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long NoteCount(RmOperation operation, ulong* entry, long count, string file, int line)
    {
        NoteDone(operation, Slot.Address(*entry), 0, count, StateEvent.UnknownSize, AllocationKind.Plain, 0, file, line);
        return count;
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
        uint info = Slot.HasInfoElsewhere(*entry) ? h->Info[entry - h->Table] : Slot.Info(*entry);
        uint index = BlockInfo.HasRecord(info) ? BlockInfo.RecordIndex(info) : 0;
        SideRecord* record = index == 0 ? null : _table.Records.At(index);
        if (record == null ? IsSited : !IsSited || !IsPlain(record))
        {
            h->Operations = operations;
            return ReleaseGeneral(block, file, line);
        }

        if (record == null)
        {
            if (!ReleaseLastPlain(h, entry, out info))
            {
                h->Operations = operations;
                return ReleaseGeneral(block, file, line);
            }
        }
        else
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
