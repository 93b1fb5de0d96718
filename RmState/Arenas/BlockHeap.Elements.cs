using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Rm.Violations;

namespace Rm.Arenas;

// Handing out and taking back: what is at hand, and the general paths.
public sealed unsafe partial class BlockHeap
{
    // Up to here an element is cleared in fewer instructions than the way to memset has.
    private const nuint WorthACall = 256;

    /// <summary>Hands out an element that is at hand.</summary>
    /// <param name="cleared">The bytes to clear.</param>
    /// <returns>0 when none is, when too much is to be cleared, or the heap is busy or disposed.</returns>
    /// <remarks>Nothing is called, so that no registers are saved.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nint Pop(nuint cleared)
    {
        HeapTables* tables = _tables;
        long operations = tables->Operations;
        if ((operations & 1) != 0)
        {
            return 0;
        }

        tables->Operations = operations + 1;
        ClassCache* cache = _cache;
        MagazineEntry* top = cache->Top;
        if (top != cache->Bottom)
        {
            byte* mark = (--top)->Mark;
            nint element = top->Block;
#if RM_MUTATIONS
            cleared = ArenaMutation.Is(ArenaMutation.ElementNotCleared) ? 0 : cleared;
#endif
            bool dirty = cleared != 0 && *mark != Mark.CachedClean;
            if (!dirty || cleared <= WorthACall)
            {
                if (dirty)
                {
                    Clear((byte*)element, cleared);
                }

                cache->Top = top;
                *mark = Mark.Live;
                tables->Operations = operations + 2;
                GC.KeepAlive(this);
                return element;
            }
        }

        tables->Operations = operations;
        return 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Clear(byte* element, nuint bytes)
    {
        nuint step = (nuint)Vector128<byte>.Count;
        if (bytes < step)
        {
            // Smaller than a vector are only elements with an alignment of 8 or less.
            do
            {
                element[--bytes] = 0;
            }
            while (bytes != 0);
            return;
        }

        byte* last = element + bytes - step;
        for (; element < last; element += step)
        {
            Vector128<byte>.Zero.Store(element);
        }

        Vector128<byte>.Zero.Store(last);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint AllocElsewhere()
    {
        nint element = Take(_cleared);
        return element != 0
            ? element
            : throw NoMemory.For($"another element of {NameForMessages}: {Usage.LiveBlocks} of {ElementSize} bytes live, nothing is left to trim");
    }

    /// <summary>Hands out an element where none is at hand.</summary>
    /// <param name="cleared">The bytes to clear.</param>
    /// <returns>0 when there is no memory.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint Take(nuint cleared)
    {
        long operations = Begin();
        bool taken = false;
        try
        {
            if (_passed is not null)
            {
                nint block = _passed.Take(ElementSize, Alignment, cleared != 0);
                taken = block != 0;
                return block;
            }

            if (_cache->Top == _cache->Bottom && !_store.Refill(_cache) && !RefillAfterTrim())
            {
                return 0;
            }

            taken = true;
            MagazineEntry entry = *--_cache->Top;
            if (cleared != 0 && *entry.Mark != Mark.CachedClean)
            {
                NativeMemory.Clear((void*)entry.Block, cleared);
            }

            *entry.Mark = Mark.Live;
            return entry.Block;
        }
        finally
        {
            End(operations, taken);
        }
    }

    // Pages that lie idle here count against the commit limit, and so does what the arena has spare.
    private bool RefillAfterTrim()
    {
        _ = _store.Trim(nuint.MaxValue);
        _ = Arena.Trim();
        return _store.Refill(_cache);
    }

    // Of a block of several granules only the slab knows where elements begin.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FreeInBlock(nint element)
    {
        HeapTables* tables = _tables;
        long operations = tables->Operations;
        if ((operations & 1) == 0)
        {
            tables->Operations = operations + 1;
            byte* mark = HeapTables.FindBySlab(tables, element);
            ClassCache* cache = _cache;
            MagazineEntry* top = cache->Top;
            if (mark != null && *mark == Mark.Live && top != cache->Limit)
            {
                *mark = Mark.Cached;
                top->Block = element;
                top->Mark = mark;
                cache->Top = top + 1;
                tables->Operations = operations + 2;
                GC.KeepAlive(this);
                return;
            }

            tables->Operations = operations;
        }

        FreeElsewhere(element);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FreeElsewhere(nint element)
    {
        long operations = Begin();
        bool freed = false;
        try
        {
            if (_passed is not null)
            {
                _passed.Free(element, nameof(Free));
                freed = true;
                return;
            }

            _ = _store.FindOrThrow(element, nameof(Free), this, out byte* mark);
            if (_cache->Top == _cache->Limit)
            {
                _store.Flush(_cache, _cache->Batch);
            }

            HeapTables.MoveWindow(_tables, element);
            *mark = Mark.Cached;
            *_cache->Top++ = new MagazineEntry { Block = element, Mark = mark };
            freed = true;
        }
        finally
        {
            End(operations, freed);
        }
    }

    /// <summary>Makes the heap busy.</summary>
    /// <returns>What <see cref="End"/> wants back.</returns>
    private long Begin()
    {
        ThrowIfDisposed();
        long operations = _tables->Operations;
        if ((operations & 1) != 0)
        {
            throw new ConcurrentUseException(
                $"{NameForMessages} is in use already, by another thread: a heap belongs to one thread at a time; make one per thread.");
        }

        _tables->Operations = operations + 1;
        return operations;
    }

    // What changed nothing does not count, and enumerations go on.
    private void End(long operations, bool changed) => _tables->Operations = changed ? operations + 2 : operations;

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);
}
