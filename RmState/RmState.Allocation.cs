using System.Numerics;
using System.Runtime.CompilerServices;
using Rm.Arenas;
using Rm.Counting;
using Rm.Memory;

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
        // With a spare block at hand nothing is called, so that no registers are saved.
        StateHeader* h = _header;
        var heap = (HeapTables*)h->Heap;
        long operations = h->Operations;
        if (heap != null)
        {
            ClassCache* cache = size <= SizeClasses.LargestInTable ? HeapTables.SmallCache(heap, size) : HeapTables.CacheAt(heap, 0);
            MagazineEntry* top = cache->Top;
            if (top != cache->Bottom && (operations & 1) == 0)
            {
                long live = h->HeapLive + 1;
                long bytes = h->LiveBytes + (long)cache->Stride;
                if (live > h->HeapPeakAt || bytes > h->PeakBytes)
                {
                    return MallocAtPeak(cache, operations);
                }

                h->Operations = operations + 1;
                cache->Top = --top;
                *top->Mark = 1;
                h->Allocations++;
                h->HeapLive = live;
                h->LiveBytes = bytes;
                h->Operations = operations + 2;
                nint taken = top->Block;
                GC.KeepAlive(this);
                return taken;
            }
        }
        else if (h->Modes == StateModes.None && size <= SpareBlocks.LargestSize && (operations & 1) == 0)
        {
            // The modes say at once that the table is open and that malloc is the allocator.
            nint block = h->Spares->Take(SpareBlocks.ClassOf(size));
            ulong* home = h->Slots + (PointerHash.Of(block, h->Seed) >> h->Shift);
            ulong* entry = PointerTable.NearSlot(home);
            if (*entry == Slot.Empty && block != 0 && *home >> Slot.AddressShift != (ulong)block && h->Live < h->GrowAt)
            {
                h->Operations = operations + 1;
                *entry = Slot.Live(block, (uint)size + 1);
                h->Last = entry;
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
    public nint RmCalloc(nuint count, nuint size, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        nuint bytes = SizeOfArray(count, size);
        if (bytes > SpareBlocks.LargestSize || (_header->Modes != StateModes.None && _header->Heap == null))
        {
            return AllocateOrThrow(AllocationKind.Zeroed, bytes, 0, nameof(RmCalloc), file, line);
        }

        // Clearing a small block costs less than the way into calloc.
        nint block = RmMalloc(bytes, file, line);
        new Span<byte>((void*)block, (int)bytes).Clear();
        return block;
    }

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
    public nint RmAlignedAlloc(nuint alignment, nuint size, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        StateHeader* h = _header;
        if (h->Heap != null && CheckedAlignment(alignment) > MallocAllocator.DefaultAlignment)
        {
            return AlignedInHeap(size, alignment, file, line);
        }

        if (h->Modes != StateModes.None || (h->Operations & 1) != 0 || size >= BlockInfo.FirstLargeSize
            || CheckedAlignment(alignment) <= MallocAllocator.DefaultAlignment)
        {
            return AllocateOrThrow(AllocationKind.Aligned, size, CheckedAlignment(alignment), nameof(RmAlignedAlloc), file, line);
        }

        nint block = MallocAllocator.Aligned(size, alignment);
        return TryEnterOpen(block, BlockInfo.Own(size, Log2OfAlignment(alignment)), size)
            ? block
            : AllocateOrThrow(AllocationKind.Aligned, size, alignment, nameof(RmAlignedAlloc), file, line, block);
    }

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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint AllocateOrThrow(
        AllocationKind kind, nuint size, nuint alignment, string member, string file, int line, nint ready = 0)
    {
        Outcome outcome = Allocate(kind, size, alignment, out nint block, file, line, ready);
        return outcome == Outcome.Done ? block : throw Failure(outcome, 0, member, size);
    }

    // The fast path found no spare block, or a block but a full or crowded table.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint FinishMalloc(nint block, nuint size, string file, int line)
    {
        if (block == 0)
        {
            block = MallocOrBatch(size);
        }

        return TryEnterOpen(block, (uint)size + 1, size)
            ? block
            : AllocateOrThrow(AllocationKind.Plain, size, 0, nameof(RmMalloc), file, line, block);
    }

    /// <summary>Enters a fresh block of malloc's while the table is open.</summary>
    /// <returns>False, and nothing changed, where the general path must decide.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryEnterOpen(nint block, uint info, nuint size)
    {
        StateHeader* h = _header;
        long operations = h->Operations;
        ulong* entry;
        if (block == 0 || !Slot.FitsSlot(block) || h->Live >= h->GrowAt || (h->Modes & ~StateModes.Noted) != StateModes.None || (operations & 1) != 0
            || (!Slot.HoldsInfo(info) && h->Info == null)
            || (entry = PointerTable.TryInsertOpen(h, block, info)) == null)
        {
            return false;
        }

        h->Operations = operations + 1;
        h->Last = entry;
        CountAllocation(h, size);
        h->Operations = operations + 2;
        GC.KeepAlive(this);
        return true;
    }

    // A larger block while the fast path is open, or any on a closed one.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint RmMallocElsewhere(nuint size, string file, int line)
    {
        StateHeader* h = _header;
        if ((h->Modes & ~StateModes.Noted) != StateModes.None || size >= BlockInfo.FirstLargeSize || (h->Operations & 1) != 0)
        {
            return AllocateOrThrow(AllocationKind.Plain, size, 0, nameof(RmMalloc), file, line);
        }

        if (h->Modes == StateModes.None)
        {
            return FinishMalloc(0, size, file, line);
        }

        return h->Modes == StateModes.Sited ? MallocSited(size, file, line) : MallocNoted(size, file, line);
    }

    private nint MallocOrBatch(nuint size) => size <= SpareBlocks.LargestSize
        ? MallocBatch(_header->Spares, SpareBlocks.ClassOf(size))
        : MallocAllocator.Malloc(size);
}
