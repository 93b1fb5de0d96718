using System.Numerics;
using System.Runtime.CompilerServices;
using Rm.Counting;
using Rm.Memory;
using Rm.Violations;

namespace Rm;

public sealed unsafe partial class RmState
{
    /// <summary>Allocates a block and begins to track it with a count of 1. Mirrors <c>rm_malloc</c>.</summary>
    /// <param name="size">Bytes, any value; 0 gives a unique block of size 0. The contents are undefined.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The block, never null, aligned to 16 bytes on 64-bit systems.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for the block or its entry; nothing changed.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1) beside the allocator. Thread rule: the state's.</remarks>
    public nint RmMalloc(nuint size, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        // The modes say at once that the table is open, that malloc is the allocator and that sizes are kept. With a spare block
        // at hand nothing is called, so that no registers are saved.
        StateHeader* h = _header;
        long operations = h->Operations;
        if (h->Modes == StateModes.None && size <= SpareBlocks.LargestSize && (operations & 1) == 0)
        {
            nint block = h->Spares->Take(SpareBlocks.ClassOf(size));
            ulong* home = h->Slots + (PointerHash.Of(block, h->Seed) >> h->Shift);
            ulong* entry = PointerTable.NearSlot(home);
            if (*entry == Slot.Empty && block != 0 && *home >> Slot.AddressShift != (ulong)block && h->Live < h->GrowAt)
            {
                h->Operations = operations + 1;
                *entry = Slot.Live(block, 1);
                h->Last = entry;
                h->Info[entry - h->Slots] = (uint)size + 1;
                CountAllocation(h, size);
                h->Operations = operations + 2;
                GC.KeepAlive(this);
                return block;
            }

            return FinishMalloc(block, size, file, line);
        }

        return RmMallocElsewhere(size, file, line);
    }

    /// <summary>Allocates a block of elements, tracked with a count of 1. The contents are undefined.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="count">Elements; 0 gives a unique block of size 0.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The block.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory, or the size overflows; nothing changed.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>As <see cref="RmMalloc(nuint, string, int)"/>.</remarks>
    public T* RmMalloc<T>(nuint count = 1, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : unmanaged => (T*)RmMalloc(SizeOfArray(count, (nuint)sizeof(T)), file, line);

    /// <summary>Allocates a block whose bytes are all 0, tracked with a count of 1. rm_malloc has no such function; libc has.</summary>
    /// <param name="count">Elements.</param>
    /// <param name="size">Bytes of one element.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The block, never null.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory, or the size overflows; nothing changed.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>As <see cref="RmMalloc(nuint, string, int)"/>.</remarks>
    public nint RmCalloc(nuint count, nuint size, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        AllocateOrThrow(AllocationKind.Zeroed, SizeOfArray(count, size), 0, nameof(RmCalloc), file, line);

    /// <summary>Allocates a block at a multiple of an alignment, tracked with a count of 1. The contents are undefined.</summary>
    /// <param name="alignment">Bytes, a power of two.</param>
    /// <param name="size">Bytes; need not be a multiple of the alignment.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The block, never null.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alignment"/> is not a power of two, or above 2^30.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory; nothing changed.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>As <see cref="RmMalloc(nuint, string, int)"/>; RmRealloc keeps the alignment.</remarks>
    public nint RmAlignedAlloc(nuint alignment, nuint size, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        AllocateOrThrow(AllocationKind.Aligned, size, CheckedAlignment(alignment), nameof(RmAlignedAlloc), file, line);

    /// <summary>Allocates a block if there is memory.</summary>
    /// <param name="size">Bytes, any value.</param>
    /// <param name="block">The block; 0 when the result is false.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>False, and nothing changed, when there is no memory.</returns>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>As <see cref="RmMalloc(nuint, string, int)"/>.</remarks>
    public bool RmTryMalloc(nuint size, out nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Allocate(AllocationKind.Plain, size, 0, out block, file, line) == Outcome.Done;

    /// <summary>Allocates a zeroed block if there is memory.</summary>
    /// <param name="count">Elements.</param>
    /// <param name="size">Bytes of one element.</param>
    /// <param name="block">The block; 0 when the result is false.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>False, and nothing changed, when there is no memory or the size overflows.</returns>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>As <see cref="RmCalloc"/>.</remarks>
    public bool RmTryCalloc(
        nuint count, nuint size, out nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Allocate(AllocationKind.Zeroed, SizeOfArray(count, size), 0, out block, file, line) == Outcome.Done;

    /// <summary>Allocates an aligned block if there is memory.</summary>
    /// <param name="alignment">Bytes, a power of two.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="block">The block; 0 when the result is false.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>False, and nothing changed, when there is no memory.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alignment"/> is not a power of two, or above 2^30.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>As <see cref="RmAlignedAlloc"/>.</remarks>
    public bool RmTryAlignedAlloc(
        nuint alignment, nuint size, out nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Allocate(AllocationKind.Aligned, size, CheckedAlignment(alignment), out block, file, line) == Outcome.Done;

    // An overflowing product becomes a size that no allocator has.
    private static nuint SizeOfArray(nuint count, nuint size)
    {
        UInt128 bytes = (UInt128)count * size;
        return bytes > nuint.MaxValue ? nuint.MaxValue : (nuint)bytes;
    }

    private static nuint CheckedAlignment(nuint alignment)
    {
        const int maxAlignment = 1 << 30;
        return BitOperations.IsPow2(alignment) && alignment <= maxAlignment
            ? alignment
            : throw new ArgumentOutOfRangeException(
                nameof(alignment), (ulong)alignment, $"An alignment is a power of two of at most {maxAlignment} bytes.");
    }

    private static int Log2OfAlignment(nuint alignment) => alignment <= MallocAllocator.DefaultAlignment ? 0 : BitOperations.Log2(alignment);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddBytes(StateHeader* h, nuint size)
    {
        long bytes = h->LiveBytes + (long)size;
        h->LiveBytes = bytes;
        if (bytes > h->PeakBytes)
        {
            h->PeakBytes = bytes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CountAllocation(StateHeader* h, nuint size)
    {
        h->Allocations++;
        long live = h->Live + 1;
        h->Live = live;
        if (live > h->PeakLive)
        {
            h->PeakLive = live;
        }

        AddBytes(h, size);
    }

    private nint AllocateOrThrow(AllocationKind kind, nuint size, nuint alignment, string member, string file, int line)
    {
        Outcome outcome = Allocate(kind, size, alignment, out nint block, file, line);
        return outcome == Outcome.Done ? block : throw Failure(outcome, 0, member, size);
    }

    // The fast path found no spare block, or a block but a full or crowded table.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint FinishMalloc(nint block, nuint size, string file, int line)
    {
        if (block == 0)
        {
            block = MallocAllocator.Malloc(SpareBlocks.Rounded(size));
        }

        StateHeader* h = _header;
        long operations = h->Operations;
        if ((operations & 1) != 0)
        {
            FreeReady(block);
            throw ConcurrentUse();
        }

        ulong* entry;
        if (block != 0 && Slot.FitsSlot(block) && h->Live < h->GrowAt && h->Modes == StateModes.None
            && (entry = PointerTable.TryInsertOpen(h, block, (uint)size + 1)) != null)
        {
            h->Operations = operations + 1;
            h->Last = entry;
            CountAllocation(h, size);
            h->Operations = operations + 2;
            GC.KeepAlive(this);
            return block;
        }

        return MallocOrThrow(block, size, file, line);
    }

    // A larger block while the fast path is open, or any on a closed one.
    private nint RmMallocElsewhere(nuint size, string file, int line) =>
        _header->Modes == StateModes.None && size < BlockInfo.FirstLargeSize && (_header->Operations & 1) == 0
            ? FinishMalloc(0, size, file, line)
            : MallocOrThrow(0, size, file, line);

    private nint MallocOrThrow(nint ready, nuint size, string file, int line)
    {
        Outcome outcome = Allocate(AllocationKind.Plain, size, 0, out nint block, file, line, ready);
        return outcome == Outcome.Done ? block : throw Failure(outcome, 0, nameof(RmMalloc), size);
    }

    private Outcome Allocate(AllocationKind kind, nuint size, nuint alignment, out nint block, string file, int line, nint ready = 0)
    {
        block = 0;
        StateHeader* h = Begin();
        int alignmentLog2 = Log2OfAlignment(alignment);
        if (IsEnding || !PrepareEntry(size, alignmentLog2, out uint info))
        {
            Cancel();
            FreeReady(ready);
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
        _observer?.Done(StateOperation.Allocate, block, 0, 1, file, line);
        ReportReuse(reused);
        GC.KeepAlive(this);
        return Outcome.Done;
    }

    private static void FreeReady(nint ready)
    {
        if (ready != 0)
        {
            _ = FreeMalloced(ready);
        }
    }

    /// <summary>Makes room for an entry, and finds what its companion will say; the record it may need is taken now.</summary>
    private bool PrepareEntry(nuint size, int alignmentLog2, out uint info)
    {
        info = BlockInfo.None;
        if (!PrepareTable())
        {
            return false;
        }

        if (_knowsSizes && alignmentLog2 == 0)
        {
            return true;
        }

        if (!EnsureInfo())
        {
            return false;
        }

        if (size < BlockInfo.FirstLargeSize)
        {
            info = BlockInfo.Own(size, alignmentLog2);
            return true;
        }

        uint index = _table.NewRecord(0, BlockInfo.None);
        if (index == 0)
        {
            return false;
        }

        SideRecord* record = _table.Records.At(index);
        record->Size = size;
        record->AlignmentLog2 = (byte)alignmentLog2;
        info = BlockInfo.OfRecord(index);
        return true;
    }

    private bool PrepareTable()
    {
        StateHeader* h = _header;
        return ((h->Modes & StateModes.Unbuilt) == 0 || _table.Build(_options.InitialCapacity)) && _table.Reserve();
    }

    private bool EnsureInfo()
    {
        StateHeader* h = _header;
        if (h->Info != null && (h->OldTable == null || h->OldInfo != null))
        {
            return true;
        }

        if (!_table.EnsureInfo())
        {
            return false;
        }

        // From now on the fast path of allocation may write sizes.
        if (_usesMalloc)
        {
            h->Modes &= ~StateModes.SlowAllocation;
        }

        return true;
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

        AddBytes(h, _knowsSizes ? SizeKnownToAllocator(info, block) : size);
        RecountBytes(reused);
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
        _table.Remove(entry, block);
        DropRecord(info);
        return new AddressReusedException(
            $"the allocator returned 0x{block:x}, which {NameForMessages} still tracked with a count of {count}: the block was freed behind its back. The new block is tracked from now on; release or detach blocks instead of freeing them.",
            block);
    }

    // The size of a block given up went with it where only the allocator knew it: the rest is added up again.
    private void RecountBytes(MemoryViolationException? reused)
    {
        if (reused is null || !_knowsSizes)
        {
            return;
        }

        nuint bytes = 0;
        long position = 0;
        IEnumerator<KeyValuePair<nint, uint>>? wide = null;
        while (TryNextBlock(ref position, ref wide, out RmBlock block))
        {
            bytes += block.Size ?? 0;
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
