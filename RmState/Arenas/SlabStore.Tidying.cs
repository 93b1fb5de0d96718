namespace Rm.Arenas;

// Before a heap grows, it looks for what it has and does not use: what lies at hand in classes that nobody asks for keeps slabs, and
// nearly empty slabs keep pages. A little of that is done each time the heap has grown by a share.
internal sealed unsafe partial class SlabStore
{
    private const int GrowthShareLog2 = 6;
    private const nuint LeastGrowth = 64 * 1024;

    // Below this a heap is tidied each time it has grown by the least: its classes are a large part of it, and passed soon.
    private const nuint SmallHeap = 8 << 20;

    private const int SlabsPerTidying = 64;
    private const nuint BytesPerTidying = 1 << 20;

    // Larger elements come back as a whole soon: their pages are worth keeping.
    private const nuint LargestPunched = 4096;

    // A single page is not worth its system call.
    private const nuint LeastHole = 8192;

    private nuint _tidyAt = LeastGrowth;
    private int _tidyClass = 1;

    /// <summary>Called before memory is taken from the arena.</summary>
    /// <param name="keep">A class that is about to be refilled and is left alone; 0 for none.</param>
    internal void BeforeGrowth(int keep)
    {
        nuint committed = _arena.CommittedBytes;
        if (committed < _tidyAt)
        {
            return;
        }

        _ = Tidy(keep);
        committed = _arena.CommittedBytes;

        // The mark only rises: what is given back here and wanted again does not bring the next tidying nearer.
        _tidyAt = nuint.Max(_tidyAt, committed) + (committed < SmallHeap ? LeastGrowth : nuint.Max(LeastGrowth, committed >> GrowthShareLog2));
    }

    private nuint Tidy(int keep)
    {
        nuint done = 0;
        int visited = 0;
        for (int i = 0; i < _count && visited < SlabsPerTidying && done < BytesPerTidying; i++)
        {
            ClassCache* cache = HeapTables.CacheAt(Tables, _tidyClass);
            if (_tidyClass != keep)
            {
                Flush(cache, (int)cache->Cached);
                for (int list = ClassCache.Lists - 1; list >= ClassCache.Lists / 2; list--)
                {
                    for (var slab = (Slab*)cache->Heads[list]; slab != null && visited < SlabsPerTidying && cache->Stride <= LargestPunched; slab = slab->Next)
                    {
                        visited++;
                        done += PunchHoles(cache, slab, BytesPerTidying, LeastHole);
                    }
                }
            }

            _tidyClass = (_tidyClass % _count) + 1;
        }

        return done;
    }
}
