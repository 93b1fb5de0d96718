using System.Runtime.CompilerServices;
using Rm.Arenas;
using Rm.Counting;

namespace Rm;

// Over a size-class heap a block's count is its mark in the heap's own metadata: found from the address alone, next to its
// neighbours', with no entry in the table. These are the short ways; a block moves to the table when its mark cannot hold what is
// to be known of it.
public sealed unsafe partial class RmState
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CountInHeap(StateHeader* h, nuint size)
    {
        h->Allocations++;
        long live = h->HeapLive + 1;
        h->HeapLive = live;
        if (live > h->HeapPeakAt)
        {
            NoteHeapPeak(h);
        }

        AddBytes(h, size);
    }

    // The same as the short way, with peaks that rise: apart, so that the short way calls nothing and saves no registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint MallocAtPeak(ClassCache* cache, long operations)
    {
        StateHeader* h = _header;
        h->Operations = operations + 1;
        MagazineEntry* top = --cache->Top;
        *top->Mark = 1;
        CountInHeap(h, cache->Stride);
        h->Operations = operations + 2;
        nint block = top->Block;
        GC.KeepAlive(this);
        return block;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void NoteHeapPeak(StateHeader* h)
    {
        h->PeakLive = Math.Max(h->PeakLive, h->Live + h->HeapLive);
        h->HeapPeakAt = h->PeakLive - h->Live;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long RetainInHeap(nint block, string file, int line)
    {
        StateHeader* h = _header;
        var heap = (HeapTables*)h->Heap;
        ulong entry = HeapTables.EntryOf(heap, block);
        uint reciprocal = HeapTables.ReciprocalOf(heap, entry);
        ulong place = HeapTables.PlaceOf(block, reciprocal);
        long operations = h->Operations;
        if ((uint)place < reciprocal && ((operations & 1) | (long)(entry >> PageEntry.TagShift)) == 0)
        {
            byte* mark = HeapTables.MarkAt(entry, place);
            byte more = (byte)(*mark + 1);
            if ((more & Mark.CountMask) > 1 && more < Mark.FirstSpecial)
            {
                h->Operations = operations + 1;
                *mark = more;
                h->Retains++;
                h->Operations = operations + 2;
                GC.KeepAlive(this);
                return more & Mark.CountMask;
            }
        }

        return RetainElsewhere(block, operations, file, line);
    }

    // Calls nothing but as its last act, and so saves no registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long ReleaseInHeap(nint block, string file, int line)
    {
        StateHeader* h = _header;
        var heap = (HeapTables*)h->Heap;
        ulong entry = HeapTables.EntryOf(heap, block);
        uint reciprocal = HeapTables.ReciprocalOf(heap, entry);
        ulong place = HeapTables.PlaceOf(block, reciprocal);
        long operations = h->Operations;
        if ((uint)place < reciprocal && ((operations & 1) | (long)(entry >> PageEntry.TagShift)) == 0)
        {
            byte* mark = HeapTables.MarkAt(entry, place);
            uint value = *mark;
            if (value == 1)
            {
                ClassCache* cache = HeapTables.CacheOf(heap, entry);
                MagazineEntry* top = cache->Top;
                if (top != cache->Limit)
                {
                    h->Operations = operations + 1;
                    *mark = Mark.Cached;
                    top->Block = block;
                    top->Mark = mark;
                    cache->Top = top + 1;
                    h->HeapLive--;
                    h->LiveBytes -= (long)cache->Stride;
                    h->Operations = operations + 2;
                    GC.KeepAlive(this);
                    return 0;
                }
            }
            else if (value <= Mark.CountMask && value != 0)
            {
                h->Operations = operations + 1;
                *mark = (byte)(value - 1);
                h->Operations = operations + 2;
                GC.KeepAlive(this);
                return value - 1;
            }
        }

        return ReleaseFar(block, operations, file, line);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint AlignedInHeap(nuint size, nuint alignment, string file, int line)
    {
        StateHeader* h = _header;
        long operations = h->Operations;
        int number = alignment <= SizeClasses.LargestInTable && size <= SizeClasses.LargestInTable && (operations & 1) == 0
            ? SizeClasses.Of(size, alignment)
            : 0;
        ClassCache* cache = HeapTables.CacheAt((HeapTables*)h->Heap, number);
        MagazineEntry* top = cache->Top;
        if (top == cache->Bottom)
        {
            return AllocateOrThrow(AllocationKind.Aligned, size, alignment, nameof(RmAlignedAlloc), file, line);
        }

        h->Operations = operations + 1;
        cache->Top = --top;
        *top->Mark = Mark.Aligned | 1;
        CountInHeap(h, cache->Stride);
        h->Operations = operations + 2;
        nint block = top->Block;
        GC.KeepAlive(this);
        return block;
    }
}
