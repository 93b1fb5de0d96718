using System.Runtime.CompilerServices;
using Rm.Counting;
using Rm.Violations;

namespace Rm;

public sealed unsafe partial class RmState
{
    /// <summary>
    /// Resizes a block that nobody else holds, moving it if need be; its count stays 1. rm_malloc has no such function; libc
    /// has.
    /// </summary>
    /// <param name="block">A block of the state's allocator with a count of 1, or null, which allocates.</param>
    /// <param name="size">Bytes, any value; 0 gives a block of size 0 and never frees.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The block at its new address; the old one is not known any more if it differs.</returns>
    /// <exception cref="Violations.UntrackedPointerException">The state does not know the pointer.</exception>
    /// <exception cref="Violations.SharedBlockException">The count is above 1: other holders would keep a stale address.</exception>
    /// <exception cref="Violations.ForeignBlockException">The block was attached with a deallocator, or over an allocator that is not malloc.</exception>
    /// <exception cref="Violations.FinalizingBlockException">The block's deallocator runs.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory; the block is unchanged and still tracked.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1) beside the allocator's copying. Contents up to the smaller size and the alignment are kept; over a size-class heap an aligned block keeps all the alignment that it has. Thread rule: the state's.</remarks>
    public nint RmRealloc(nint block, nuint size, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        StateHeader* h = _header;
        long operations = h->Operations;
        ulong* entry = PointerTable.NearEntry(h, block);
        ulong slot = *entry;
        if (slot >> Slot.AddressShift == (ulong)block && Slot.Count(slot) == 1 && (operations & 1) == 0
            && h->Modes == StateModes.None && FitsInPlace(Slot.Info(slot), size))
        {
            h->Operations = operations + 1;
            *entry = Slot.WithInfo(slot, (uint)size + 1);
            AddBytes(h, size - BlockInfo.Size(Slot.Info(slot)));
            h->Reallocations++;
            h->Operations = operations + 2;
            GC.KeepAlive(this);
            return block;
        }

        return block == 0 ? RmMalloc(size, file, line) : ReallocateOrThrow(block, size, file, line);
    }

    private nint ReallocateOrThrow(nint block, nuint size, string file, int line)
    {
        Outcome outcome = Reallocate(block, size, out nint resized, file, line);
        return outcome == Outcome.Done ? resized : (nint)Refuse(outcome, block, nameof(RmRealloc), file, line, size);
    }

    /// <summary>As <see cref="RmRealloc(nint, nuint, string, int)"/>, if the block can be resized.</summary>
    /// <param name="block">Any pointer; null allocates.</param>
    /// <param name="size">Bytes, any value.</param>
    /// <param name="resized">The block at its new address; 0 when the result is false.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>False, and nothing changed, when there is no memory or the block is unknown, shared, foreign or finalizing.</returns>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    public bool RmTryRealloc(
        nint block, nuint size, out nint resized, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        block == 0
            ? RmTryMalloc(size, out resized, file, line)
            : Reallocate(block, size, out resized, file, line) == Outcome.Done;

    private Outcome Reallocate(nint block, nuint size, out nint resized, string file, int line)
    {
        resized = 0;
        StateHeader* h = Begin();
        if (TryReallocateCounted(block, size, out resized, out Outcome outcome, file, line))
        {
            return outcome;
        }

        ulong* entry = _table.Find(block);
        outcome = Resizable(entry);
        if (outcome != Outcome.Done)
        {
            Cancel();
            return outcome;
        }

        // All that may fail comes before the allocator is asked: what it moved cannot be moved back.
        uint oldInfo = _table.ReadInfo(entry);
        nuint alignment = AlignmentOf(oldInfo);
        if (!PrepareResized(block, size, oldInfo, out uint newInfo))
        {
            Cancel();
            return Outcome.NoMemory;
        }

        // Making room may have moved or replaced the tables.
        entry = _table.Find(block);
        uint spare = newInfo == oldInfo ? BlockInfo.None : newInfo;
        bool sized = TrySizeOf(oldInfo, block, out nuint oldSize);
        nint moved = FitsInPlace(oldInfo, size) ? block : ReallocateNative(block, oldSize, size, alignment, spare);
        if (moved == 0)
        {
            DropRecord(spare);
            Cancel();
            return Outcome.NoMemory;
        }

        h->LiveBytes -= sized ? (long)oldSize : 0;
        AddressReusedException? reused = Rename(entry, block, moved, oldInfo, newInfo, size, file, line);
        CountBytes(moved, newInfo, size, reused);
        h->Reallocations++;
        Commit();
        resized = moved;
        _siteAware?.NoteSite(moved, freed: false, file, line);
        NoteSized(RmOperation.Reallocate, moved, block, size, AllocationKind.Plain, 0, file, line);
        ReportReuse(reused);
        GC.KeepAlive(this);
        return Outcome.Done;
    }

    // A block of malloc's that this state asked for by its class has room for every size of the class.
    private bool FitsInPlace(uint info, nuint size) =>
        _usesMalloc && BlockInfo.IsPlain(info) && size <= SpareBlocks.LargestSize && BlockInfo.Size(info) <= SpareBlocks.LargestSize
        && SpareBlocks.ClassOf(size) == SpareBlocks.ClassOf(BlockInfo.Size(info));

    private Outcome Resizable(ulong* entry)
    {
        if (entry == null)
        {
            return Outcome.Untracked;
        }

        if (IsEnding)
        {
            Cancel();
            ThrowDisposed();
        }

        DeallocatorKind kind = KindOf(_table.ReadInfo(entry));
        return Slot.Count(*entry) == Slot.Finalizing ? Outcome.Finalizing
            : _table.CountOf(entry) != 1 ? Outcome.Shared
            : _ledger is not null && IsHeldByName(entry) ? Outcome.Held
            : kind == DeallocatorKind.Allocator || (kind == DeallocatorKind.LibC && _usesMalloc) ? Outcome.Done
            : Outcome.Foreign;
    }

    /// <summary>Makes room for the new address beside the old, and the info of the new size.</summary>
    private bool PrepareResized(nint block, nuint size, uint oldInfo, out uint newInfo)
    {
        newInfo = oldInfo;

        // A new address of more than 48 bits would need a side record when it is too late to fail.
        if (!_usesMalloc && !_table.HasSpareRecord())
        {
            return false;
        }

        if (!_table.Reserve())
        {
            return false;
        }

        if (BlockInfo.HasRecord(oldInfo))
        {
            // The record goes on; it learns the new size once the block has it.
            return true;
        }

        int alignmentLog2 = BlockInfo.AlignmentLog2(oldInfo);
        if (_knowsSizes && alignmentLog2 == 0)
        {
            return true;
        }

        if (size < BlockInfo.FirstLargeSize)
        {
            newInfo = BlockInfo.Own(size, alignmentLog2);
            return Slot.HoldsInfo(newInfo) || _table.EnsureInfo();
        }

        uint index = _table.EnsureInfo() ? _table.NewRecord(block, oldInfo) : 0;
        newInfo = BlockInfo.OfRecord(index);
        return index != 0;
    }

    private AddressReusedException? Rename(ulong* entry, nint block, nint moved, uint oldInfo, uint newInfo, nuint size, string file, int line)
    {
        StateHeader* h = _header;
        AddressReusedException? reused = null;
        if (moved == block)
        {
            _table.WriteInfo(entry, newInfo);
        }
        else
        {
#if RM_MUTATIONS
            if (!Mutation.Is(Mutation.ReallocKeepsOldEntry))
#endif
            {
                BuryOldAddress(oldInfo, block, file, line);
                _table.Remove(entry, block);
                h->Live--;
            }

            ulong* stale = _table.Find(moved);
            if (stale != null)
            {
                reused = GiveUpEntry(stale, moved);
            }

            // Room was made for both addresses; only an address beyond 48 bits could still ask for a record.
            _ = _table.Insert(moved, newInfo);
        }

        if (BlockInfo.HasRecord(newInfo))
        {
            SideRecord* record = _table.Records.At(BlockInfo.RecordIndex(newInfo));
            record->Address = moved;
            record->Size = _knowsSizes && record->Size == SideRecord.UnknownSize ? record->Size : size;
        }

        return reused;
    }
}
