using System.Runtime.ExceptionServices;
using Rm.Counting;
using Rm.Memory;

namespace Rm;

// What happens when a count reaches 0. A block with a deallocator of its own is first finalizing, still in the table with a
// count of 0; the outermost call runs the deallocators one after the other, so that blocks releasing each other make a queue
// and no recursion. The queue is linked through the side records: releasing needs no memory.
public sealed unsafe partial class RmState
{
    private readonly DeallocatorList _deallocators = new();
    private uint _firstPending;
    private uint _lastPending;
    private bool _draining;

    // Side records that no live entry names: queued, or of the deallocator that runs.
    private long _pendingRecords;
    private long _pendingDelegates;

    /// <summary>
    /// Ends a block of the open table that only malloc and its slot know of. The caller frees it.
    /// </summary>
    /// <returns>False, and nothing changed, when the block has a side record.</returns>
    private static bool ReleaseLastPlain(StateHeader* h, ulong* entry, out uint info)
    {
        info = Slot.HasInfoElsewhere(*entry) ? h->Info[entry - h->Table] : Slot.Info(*entry);
        if (BlockInfo.HasRecord(info) || (OperatingSystem.IsWindows() && BlockInfo.AlignmentLog2(info) != 0))
        {
            return false;
        }

        h->LiveBytes -= (long)BlockInfo.SizeOrZero(info);
        h->Live--;
#if RM_MUTATIONS
        if (Mutation.Is(Mutation.BrokenChain))
        {
            *entry = Slot.Empty;
            return true;
        }
#endif
        PointerTable.Vacate(h, entry);
        return true;
    }

    /// <summary>Deallocates a block whose last reference went, within an operation that this call ends.</summary>
    /// <returns>What the deallocators threw, to be thrown by the caller; null for nothing, or within a deallocator.</returns>
    private Exception? Deallocate(ulong* entry, nint block, string file, int line)
    {
        StateHeader* h = _header;
        uint info = _table.ReadInfo(entry);
        bool sized = TrySizeOf(info, block, out nuint size);
        h->LiveBytes -= sized ? (long)size : 0;
        DeallocatorKind kind = KindOf(info);
        if (kind >= DeallocatorKind.Function)
        {
            // A block of the state's own heap is its deallocator's to free there.
            _heap?.MarkLive(block);
            NoteEnd(BlockInfo.RecordIndex(info), RmOperation.Free, file, line);
            _table.BeginFinalizing(entry);
            Enqueue(BlockInfo.RecordIndex(info));
            Commit();
            Note(RmOperation.Free, block, 0, file, line);
            return _draining ? null : Drain();
        }

        nuint alignment = AlignmentOf(info);
        bool plain = BlockInfo.IsPlain(info);
        h->Live--;
        EndRecord(info, block, RmOperation.Free, file, line);
        _table.Remove(entry, block);
        Exception? failure = null;
        if (kind == DeallocatorKind.LibC || _usesMalloc)
        {
            if (!plain || size > SpareBlocks.LargestSize || !h->Spares->Keep(SpareBlocks.ClassOf(size), block))
            {
                MallocAllocator.Free(block, alignment);
            }
        }
        else
        {
            try
            {
                _siteAware?.NoteSite(block, freed: true, file, line);
                FreeNative(block, size, alignment);
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        }

        Commit();
        Note(RmOperation.Free, block, 0, file, line);
        return failure;
    }

    private void Enqueue(uint index)
    {
        SideRecord* record = _table.Records.At(index);
        record->Next = 0;
        _pendingRecords++;
        _pendingDelegates += record->Kind == DeallocatorKind.Delegate ? 1 : 0;
        if (_lastPending == 0)
        {
            _firstPending = index;
        }
        else
        {
            _table.Records.At(_lastPending)->Next = index;
        }

        _lastPending = index;
    }

    private Exception? Drain()
    {
        List<Exception>? failures = null;
        _draining = true;
        try
        {
            while (_firstPending != 0)
            {
                uint index = _firstPending;
                SideRecord* record = _table.Records.At(index);
                _firstPending = record->Next;
                _lastPending = _firstPending == 0 ? 0 : _lastPending;
                try
                {
                    Run(record);
#if RM_MUTATIONS
                    if (Mutation.Is(Mutation.DeallocatorTwice))
                    {
                        Run(record);
                    }
#endif
                }
                catch (Exception exception)
                {
                    (failures ??= []).Add(exception);
                }

                Finish(index);
            }
        }
        finally
        {
            _draining = false;
        }

        return Combine(failures);
    }

    private static Exception? Combine(List<Exception>? failures) => failures switch
    {
        null => null,
        [Exception single] => single,
        _ => new AggregateException("Several deallocators threw; their blocks are gone all the same.", failures),
    };

    // The state is not busy here: a deallocator may use it.
    private void Run(SideRecord* record)
    {
        nint block = record->Address;
        switch (record->Kind)
        {
            case DeallocatorKind.Function:
                ((delegate* unmanaged<void*, void>)record->Function)((void*)block);
                break;
            case DeallocatorKind.FunctionWithContext:
                ((delegate* unmanaged<void*, void*, void>)record->Function)((void*)block, (void*)record->Context);
                break;
            default:
                _deallocators[(int)record->Context](block);
                break;
        }
    }

    private void Finish(uint index)
    {
        StateHeader* h = Begin();
        nint block = _table.Records.At(index)->Address;
        ulong* entry = _table.Find(block);

        // The deallocator freed the block, so the allocator may have handed its address out again: that entry is another's.
        if (entry != null && Slot.Count(*entry) == Slot.Finalizing && _table.ReadInfo(entry) == BlockInfo.OfRecord(index))
        {
            _table.EndFinalizing(entry, block);
        }

        _pendingRecords--;
        _pendingDelegates -= _table.Records.At(index)->Kind == DeallocatorKind.Delegate ? 1 : 0;
        BuryRecord(index);
        h->OtherOperations++;
        Commit();
    }

    private static void Rethrow(Exception? failure)
    {
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }
}
