using Rm.Arenas;
using Rm.Counting;
using Rm.Memory;
using Rm.Violations;

namespace Rm;

// The general paths of blocks whose counts are in a heap's marks.
public sealed unsafe partial class RmState
{
    // Set while the heap's marks are this state's.
    private SizeClassHeap? _heap;
    private HeapTables* _heapTables;

    string IBlockCounter.NameForMessages => NameForMessages;

    void IBlockCounter.HeapClosed()
    {
        _heap = null;
        _heapTables = null;
        UpdateGates();
    }

    private void ClaimHeap()
    {
        if (_allocator is SizeClassHeap heap)
        {
            _heapTables = heap.TryClaim(this);
            _heap = _heapTables != null ? heap : null;
            UpdateGates();
        }
    }

    private void UpdateGates()
    {
        const StateModes closing = StateModes.Noted | StateModes.Disposed | StateModes.Ending;
        _table.UpdateGate();
        _header->Heap = (_header->Modes & closing) == 0 ? _heapTables : null;
    }

    /// <summary>The mark that counts a block.</summary>
    /// <returns>Null when no mark does.</returns>
    private byte* FindCounted(nint block, out nuint size)
    {
        size = 0;
        byte* mark = _heap is null ? null : _heap.FindMark(block, out size);
        return mark != null && Mark.IsCounted(*mark) ? mark : null;
    }

    // Within the operation that Allocate has begun.
    private Outcome AllocateInHeap(AllocationKind kind, nuint size, nuint alignment, out nint block, string file, int line)
    {
        bool aligned = alignment > MallocAllocator.DefaultAlignment;
        try
        {
            block = _heap!.Take(size, alignment, kind == AllocationKind.Zeroed, aligned ? (byte)(Mark.Aligned | 1) : (byte)1);
        }
        catch
        {
            Cancel();
            throw;
        }

        if (block == 0)
        {
            Cancel();
            return Outcome.NoMemory;
        }

        byte* mark = _heap.FindMark(block, out nuint usable);
        CountInHeap(_header, usable);
        if (IsSited)
        {
            // Without memory for its record the block stays counted by its mark, its site unknown.
            _ = MoveToTable(mark, block, usable);
        }

        Commit();
        NoteSized(RmOperation.Allocate, block, 0, size, kind, Log2OfAlignment(alignment), file, line);
        GC.KeepAlive(this);
        return Outcome.Done;
    }

    private bool TryReleaseCounted(nint block, out long remaining, string file, int line)
    {
        byte* mark = FindCounted(block, out nuint size);
        remaining = 0;
        if (mark == null)
        {
            return false;
        }

        remaining = Mark.Count(*mark) - 1;
        if (remaining != 0)
        {
            --*mark;
        }
        else
        {
            FreeCounted(block, size);
            BuryCounted(block, size, RmOperation.Free, file, line);
        }

        Commit();
        Note(remaining != 0 ? RmOperation.Release : RmOperation.Free, block, remaining, file, line);
        GC.KeepAlive(this);
        return true;
    }

    // The heap may refuse because another thread is in it: then nothing has changed.
    private void FreeCounted(nint block, nuint size)
    {
        try
        {
            _heap!.FreeElsewhere(block, counted: true, nameof(RmRelease));
        }
        catch
        {
            Cancel();
            throw;
        }

        _header->HeapLive--;
        _header->LiveBytes -= (long)size;
    }

    private bool TryDetachCounted(nint block, out long remaining, string file, int line)
    {
        byte* mark = FindCounted(block, out nuint size);
        remaining = 0;
        if (mark == null)
        {
            return false;
        }

        StateHeader* h = _header;
        int count = Mark.Count(*mark);
        *mark = Mark.Live;
        h->HeapLive--;
        h->LiveBytes -= (long)size;
        h->Detaches++;
        h->ReferencesDropped += count;
        remaining = count - 1;
        BuryCounted(block, size, RmOperation.Detach, file, line);
        Commit();
        Note(RmOperation.Detach, block, remaining, file, line);
        GC.KeepAlive(this);
        return true;
    }

    private bool TryReallocateCounted(nint block, nuint newSize, out nint resized, out Outcome outcome, string file, int line)
    {
        byte* mark = FindCounted(block, out nuint size);
        resized = 0;
        outcome = Outcome.Done;
        if (mark == null)
        {
            return false;
        }

        StateHeader* h = _header;
        if (IsEnding)
        {
            Cancel();
            ThrowDisposed();
        }

        try
        {
            outcome = Mark.Count(*mark) != 1 ? Outcome.Shared : Outcome.Done;
            resized = outcome != Outcome.Done ? 0 : _heap!.Resize(block, newSize, 0, counted: true, nameof(RmRealloc));
        }
        catch
        {
            Cancel();
            throw;
        }

        if (resized == 0)
        {
            outcome = outcome == Outcome.Done ? Outcome.NoMemory : outcome;
            Cancel();
            return true;
        }

        _ = _heap!.FindMark(resized, out nuint usable);
        h->LiveBytes -= (long)size;
        AddBytes(h, usable);
        h->Reallocations++;
        if (resized != block)
        {
            BuryCounted(block, size, RmOperation.Reallocate, file, line);
        }

        Commit();
        NoteSized(RmOperation.Reallocate, resized, block, newSize, AllocationKind.Plain, 0, file, line);
        GC.KeepAlive(this);
        return true;
    }

    /// <summary>Whether an address lies in memory of the state's own heap, where only blocks in use may be attached.</summary>
    /// <param name="block">Any address.</param>
    /// <param name="mark">The mark of a block in use that nobody counts; null for anything else there.</param>
    private bool IsInHeap(nint block, out byte* mark)
    {
        mark = null;
        if (_heap is null || !_heap.Contains(block))
        {
            return false;
        }

        byte* found = _heap.FindMark(block, out _);
        mark = found != null && *found == Mark.Live ? found : null;
        return true;
    }

    /// <summary>Takes a block of the heap back that nobody counts: one that was detached, or allocated at the heap.</summary>
    private Outcome AttachCounted(byte* mark, nint block, string file, int line)
    {
        StateHeader* h = _header;
        *mark = 1;
        CountInHeap(h, _heap!.UsableSize(block));
        h->Allocations--;
        h->Attaches++;
        Commit();
        NoteSized(RmOperation.Attach, block, 0, StateEvent.UnknownSize, AllocationKind.Plain, 0, file, line);
        GC.KeepAlive(this);
        return Outcome.Done;
    }

    // The heap knows best what is wrong with an address.
    private MemoryViolationException NotInUse(nint block, string member)
    {
        try
        {
            _ = _heap!.FindLive(block, member, out _);
        }
        catch (MemoryViolationException violation)
        {
            return violation;
        }

        return new ForeignBlockException($"{member} of 0x{block:x}: another pool has the memory by now.", block);
    }

    /// <summary>Gives a block an entry in the table, for what its mark cannot hold.</summary>
    /// <returns>False, and nothing changed, when there is no memory.</returns>
    private bool MoveToTable(byte* mark, nint block, nuint size)
    {
        StateHeader* h = _header;
        int alignmentLog2 = (*mark & Mark.Aligned) != 0 ? Log2OfAlignment(_heap!.AlignmentOf(block)) : 0;
        uint index = PrepareTable() && _table.EnsureInfo() ? _table.NewRecord(block, BlockInfo.None) : 0;
        if (index == 0)
        {
            return false;
        }

        h->HeapLive--;
        if (_table.Insert(block, BlockInfo.OfRecord(index)) == null)
        {
            h->HeapLive++;
            _table.Records.Free(index);
            return false;
        }

        SideRecord* record = _table.Records.At(index);
        record->Size = SideRecord.UnknownSize;
        record->AlignmentLog2 = (byte)alignmentLog2;
        int count = Mark.Count(*mark);
        ulong* entry = _table.Find(block);
        record->Count = count;
        *entry = (*entry & ~Slot.CountMask) | (count > Slot.ReturnInline ? Slot.InRecord : (uint)count);
        *mark = Mark.Elsewhere;
        return true;
    }

    private void FreeAllCounted(ref List<Exception>? failures)
    {
        if (_heap is null || _header->HeapLive == 0)
        {
            return;
        }

        foreach ((nint block, int count, nuint size) in _heap.CountedBlocks())
        {
            StateHeader* h = Begin();
            try
            {
                FreeCounted(block, size);
                h->ReferencesDropped += count;
                h->OtherOperations++;
                Commit();
                Note(RmOperation.Free, block, 0, "", 0);
            }
            catch (ConcurrentUseException failure)
            {
                (failures ??= []).Add(failure);
                return;
            }
        }
    }

    private void AbandonCounted()
    {
        _heap?.AbandonCounted();
        _header->HeapLive = 0;
    }
}
