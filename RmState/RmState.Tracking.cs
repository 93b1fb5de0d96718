using Rm.Counting;
using Rm.Memory;
using Rm.Violations;

namespace Rm;

// The general path of allocation: room first, then the block, then its entry, so that a failure leaves nothing behind.
public sealed unsafe partial class RmState
{
    private Outcome Allocate(AllocationKind kind, nuint size, nuint alignment, out nint block, string file, int line, nint ready = 0)
    {
        block = 0;
        if ((_header->Operations & 1) != 0)
        {
            FreeReady(ready, alignment);
            throw ConcurrentUse();
        }

        StateHeader* h = Begin();
        if (_heap is not null && !IsEnding)
        {
            return AllocateInHeap(kind, size, alignment, out block, file, line);
        }

        int alignmentLog2 = Log2OfAlignment(alignment);
        if (IsEnding || !PrepareEntry(size, alignmentLog2, out uint info))
        {
            Cancel();
            FreeReady(ready, alignment);
            if (IsEnding)
            {
                ThrowDisposed();
            }

            return Outcome.NoMemory;
        }

        MemoryViolationException? reused = null;
        nint fresh = ready != 0 ? ready : AllocateNative(kind, size, alignment, info);
        if (fresh == 0 || !Track(fresh, info, size, out reused))
        {
            DropRecord(info);
            Cancel();
            if (fresh != 0)
            {
                FreeNative(fresh, size, alignment);
            }

            return Outcome.NoMemory;
        }

        h->Allocations++;
        Commit();
        block = fresh;
        _siteAware?.NoteSite(block, freed: false, file, line);
        NoteSized(RmOperation.Allocate, block, 0, size, kind, alignmentLog2, file, line);
        ReportReuse(reused);
        GC.KeepAlive(this);
        return Outcome.Done;
    }

    private static void FreeReady(nint ready, nuint alignment)
    {
        if (ready != 0)
        {
            MallocAllocator.Free(ready, alignment);
        }
    }

    /// <summary>Makes room for an entry, and finds its info; the record it may need is taken now.</summary>
    private bool PrepareEntry(nuint size, int alignmentLog2, out uint info)
    {
        info = BlockInfo.None;
        if (!PrepareTable())
        {
            return false;
        }

        bool sized = !_knowsSizes || alignmentLog2 != 0;
        if (!sized && !IsSited)
        {
            return true;
        }

        if (size < BlockInfo.FirstLargeSize && !IsSited)
        {
            info = BlockInfo.Own(size, alignmentLog2);
            return Slot.HoldsInfo(info) || _table.EnsureInfo();
        }

        uint index = _table.EnsureInfo() ? _table.NewRecord(0, BlockInfo.None) : 0;
        if (index == 0)
        {
            return false;
        }

        SideRecord* record = _table.Records.At(index);
        record->Size = sized ? size : SideRecord.UnknownSize;
        record->AlignmentLog2 = (byte)alignmentLog2;
        info = BlockInfo.OfRecord(index);
        return true;
    }

    private bool PrepareTable()
    {
        StateHeader* h = _header;
        return ((h->Modes & StateModes.Unbuilt) == 0 || _table.Build(_options.InitialCapacity)) && _table.Reserve();
    }

    /// <summary>Enters a fresh block, whatever the table says of its address.</summary>
    /// <returns>False when there is no memory for the entry.</returns>
    private bool Track(nint block, uint info, nuint size, out MemoryViolationException? reused)
    {
        reused = null;
        StateHeader* h = _header;
        ulong* entry = _table.Find(block);
        if (entry != null)
        {
            reused = GiveUpEntry(entry, block);
        }

        if (_table.Insert(block, info) == null)
        {
            return false;
        }


        if (BlockInfo.HasRecord(info))
        {
            _table.Records.At(BlockInfo.RecordIndex(info))->Address = block;
        }

        CountBytes(block, info, size, reused);
        return true;
    }

    private nuint SizeKnownToAllocator(uint info, nint block) => TrySizeOf(info, block, out nuint size) ? size : 0;

    /// <summary>
    /// The allocator handed out an address that still has an entry. While the block's own deallocator runs that is right: it
    /// freed the block. Otherwise somebody freed it behind the state's back.
    /// </summary>
    private AddressReusedException? GiveUpEntry(ulong* entry, nint block)
    {
        StateHeader* h = _header;
        if (Slot.Count(*entry) == Slot.Finalizing)
        {
            _table.EndFinalizing(entry, block);
#if RM_MUTATIONS
            h->Finalizing += Mutation.Is(Mutation.ReviveForgetsFinalizing) ? 1 : 0;
#endif
            return null;
        }

        long count = _table.CountOf(entry);
        uint info = _table.ReadInfo(entry);
        h->LiveBytes -= _knowsSizes || !TrySizeOf(info, block, out nuint size) ? 0 : (long)size;
        h->Live--;
        h->Abandoned++;
        h->ReferencesDropped += count;
        EndRecord(info, block, RmOperation.Abandon, "", 0);
        _table.Remove(entry, block);
        return new AddressReusedException(
            $"the allocator returned 0x{block:x}, which {NameForMessages} still tracked with a count of {count}: the block was freed behind its back. The new block is tracked from now on; release or detach blocks instead of freeing them.",
            block);
    }

    /// <summary>Counts the bytes of a block just entered, as far as its size is known.</summary>
    private void CountBytes(nint block, uint info, nuint size, MemoryViolationException? reused)
    {
        if (reused is null || !_knowsSizes)
        {
            AddBytes(_header, _knowsSizes ? SizeKnownToAllocator(info, block) : size);
            return;
        }

        // The size of the block given up went with it where only the allocator knew it: all are added up again.
        nuint bytes = 0;
        var cursor = default(BlockCursor);
        while (TryNextBlock(ref cursor, out RmBlock tracked))
        {
            bytes += tracked.Size ?? 0;
        }

        _header->LiveBytes = 0;
        AddBytes(_header, bytes);
    }

    private void ReportReuse(MemoryViolationException? reused)
    {
        if (reused is not null)
        {
            _ = Report(reused);
            _options.OnViolation?.Invoke(reused);
        }
    }
}
