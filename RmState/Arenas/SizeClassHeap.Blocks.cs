using System.Runtime.InteropServices;
using Rm.Violations;

namespace Rm.Arenas;

// The general paths: a magazine is empty or full, the block is large, or the call is a misuse.
public sealed unsafe partial class SizeClassHeap
{
    /// <summary>Allocates a block of any kind and marks it.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="alignment">A power of two; 0 for the default.</param>
    /// <param name="zeroed">Whether its bytes shall be 0.</param>
    /// <param name="mark">Its mark: counted, or live.</param>
    /// <returns>0 when there is no memory.</returns>
    internal nint Take(nuint size, nuint alignment, bool zeroed, byte mark)
    {
        _ = Begin();
        try
        {
            if (_passed is not null)
            {
                return _passed.Take(size, alignment, zeroed);
            }

            nint block = TakeOnce(size, alignment, zeroed, mark);
            if (block == 0)
            {
                // What lies in the magazines keeps slabs whose memory others could use, large blocks too.
                _store.FlushAll();
                DropRuns();
                block = TakeOnce(size, alignment, zeroed, mark);
            }

            return block;
        }
        finally
        {
            End();
        }
    }

    /// <summary>Frees a block that is not found on the short way.</summary>
    /// <param name="block">Any address.</param>
    /// <param name="counted">Whether its state frees it, so that it must be counted; else it must not.</param>
    /// <param name="member">Who asks.</param>
    internal void FreeElsewhere(nint block, bool counted, string member)
    {
        _ = Begin();
        try
        {
            if (_passed is not null)
            {
                _passed.Free(block, member);
                return;
            }

            Slab* slab = FindOrThrow(block, counted, member, out byte* mark);
            if ((slab->Flags & SlabFlags.Lone) != 0)
            {
                FreeLone(slab);
                return;
            }

            if ((slab->Flags & SlabFlags.Run) != 0)
            {
                FreeRun(slab);
                return;
            }

            ClassCache* cache = HeapTables.CacheAt(_tables, slab->Class);
            if (cache->Top == cache->Limit)
            {
                _store.Flush(cache, cache->Batch);
            }

            MoveWindow(block, cache->Stride);
            *mark = Mark.Cached;
            *cache->Top++ = new MagazineEntry { Block = block, Mark = mark };
        }
        finally
        {
            End();
        }
    }

    /// <summary>Finds the mark of a block that is in use.</summary>
    /// <returns>Null when the heap has no such block.</returns>
    internal byte* FindMark(nint block, out nuint stride)
    {
        stride = 0;
        Slab* slab = _passed is null ? _store.SlabOf(block) : null;
        if (slab == null || !Slab.TryIndexOf(slab, block, out int index) || Mark.IsFree(Slab.Marks(slab)[index]))
        {
            return null;
        }

        stride = slab->Stride;
        MoveWindow(block, stride);
        return Slab.Marks(slab) + index;
    }

    /// <summary>Finds the mark of a block in use that nobody counts.</summary>
    internal byte* FindLive(nint block, string member, out nuint size)
    {
        size = FindOrThrow(block, counted: false, member, out byte* mark)->Stride;
        return mark;
    }

    /// <summary>Gives a block that its state has in its table back to the heap's own.</summary>
    internal void MarkLive(nint block)
    {
        byte* mark = FindMark(block, out _);
        if (mark != null && *mark == Mark.Elsewhere)
        {
            *mark = Mark.Live;
        }
    }

    private bool TryUsableSize(nint block, out nuint size)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_passed is not null)
        {
            return _passed.TryGetSize(block, out size);
        }

        return FindMark(block, out size) != null;
    }

    // The next block is likely to lie where this one does.
    private void MoveWindow(nint block, nuint stride)
    {
        if (stride <= SizeClasses.LargestInGranule)
        {
            HeapTables.MoveWindow(_tables, block);
        }
    }

    private nint TakeOnce(nuint size, nuint alignment, bool zeroed, byte mark)
    {
        int number = alignment > Granule.Bytes || size > SizeClasses.Largest ? 0
            : alignment <= DefaultAlignment ? SizeClasses.Of(size)
            : SizeClasses.Of(size, alignment);
        if (number == 0)
        {
            return TakeLone(size, alignment, zeroed, mark);
        }

        if (number > SizeClasses.CountInGranule)
        {
            return TakeRun(number, nuint.Max(size, SizeClasses.LargestInGranule + 1), zeroed, mark);
        }

        ClassCache* cache = HeapTables.CacheAt(_tables, number);
        if (cache->Top == cache->Bottom && !_store.Refill(cache))
        {
            return 0;
        }

        MagazineEntry entry = *--cache->Top;
#if RM_MUTATIONS
        zeroed &= !ArenaMutation.Is(ArenaMutation.ZeroedFromDirty);
#endif
        if (zeroed && *entry.Mark != Mark.CachedClean)
        {
            NativeMemory.Clear((void*)entry.Block, size);
        }

        *entry.Mark = mark;
        return entry.Block;
    }

    private const nuint DefaultAlignment = 16;

    private nint TakeLone(nuint size, nuint alignment, bool zeroed, byte mark)
    {
        var slab = (Slab*)Arena.TakeMetadata(Slab.BytesFor(1));
        if (slab == null)
        {
            return 0;
        }

        if (!Arena.TryAcquireLone(nuint.Max(size, 1), nuint.Max(alignment, 1), zeroed, out Run run))
        {
            Arena.GiveMetadata((nint)slab, Slab.BytesFor(1));
            return 0;
        }

        Open(slab, run.Start, run.Home);
        *Slab.Marks(slab) = mark;
        _singleBlocks++;
        _singleBytes += slab->Stride;
        return run.Start;
    }

    private void Open(Slab* slab, nint start, int home)
    {
        OpenSingle(slab, start, Arena.CommittedOfLone(home), home, SlabFlags.Lone);
        Arena.SetEntry(start, Arena.GranulesOfLone(home), PageEntry.Of(_tag, slab, PageEntry.SingleClass));
    }

    private void FreeLone(Slab* slab)
    {
        _singleBlocks--;
        _singleBytes -= slab->Stride;
        Arena.ReleaseLone(slab->Home);
        Arena.GiveMetadata((nint)slab, Slab.BytesFor(1));
    }

    private Slab* FindOrThrow(nint block, bool counted, string member, out byte* mark)
    {
        Slab* slab = _store.FindOrThrow(block, member, this, out mark);
        bool isCounted = Mark.IsCounted(*mark) || *mark == Mark.Elsewhere;
#if RM_MUTATIONS
        isCounted &= !ArenaMutation.Is(ArenaMutation.CountedFreeAccepted);
#endif
        if (isCounted && !counted)
        {
            throw new CountedBlockException(
                $"{member} of 0x{block:x}: {CounterName} counts references to it. Release it there, or detach it first.", block);
        }

        return slab;
    }
}
