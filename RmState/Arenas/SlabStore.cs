using System.Runtime.CompilerServices;
using Rm.Memory;

namespace Rm.Arenas;

/// <summary>
/// The slabs and magazines of a heap: takes slabs from the arena, fills magazines from them, empties magazines into them, and returns
/// what is empty. A magazine hands out what was freed last, which is hot; a refill takes the lowest free elements of the fullest
/// slab, so that the others can empty.
/// </summary>
internal sealed unsafe partial class SlabStore
{
    private readonly Arena _arena;
    private readonly ushort _tag;
    private readonly int _count;
    private readonly long _keepEmpty;

    // In a pinned array: a misuse of a heap after its end meets closed tables rather than freed memory.
    private readonly byte[] _tableMemory;
    private readonly NativeArea _entries;

    /// <summary>Makes a store without slabs.</summary>
    /// <param name="arena">Where memory comes from.</param>
    /// <param name="tag">The pool's number there.</param>
    /// <param name="classes">How many classes, numbered from 1.</param>
    /// <param name="entries">Magazine entries of all classes.</param>
    /// <param name="keepEmpty">Empty slabs kept in each class.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for the tables.</exception>
    internal SlabStore(Arena arena, ushort tag, int classes, int entries, long keepEmpty)
    {
        _arena = arena;
        _tag = tag;
        _count = classes;
        _keepEmpty = keepEmpty;

        // A fixed place within a page: at the same one as the marks of a first slab they would share a way of the first-level cache
        // now and then, and every operation would take three times as long.
        const int page = 4096;
        const int place = page / 2;
        _tableMemory = GC.AllocateArray<byte>(HeapTables.Bytes + ((classes + 1) * ClassCache.Bytes) + page, pinned: true);
        _entries = NativeArea.Take(arena.Memory, (nuint)(entries * sizeof(MagazineEntry)));
        if (_entries.Start == 0)
        {
            throw NoMemory.For("the magazines of a heap");
        }

        Tables = (HeapTables*)((((nint)Unsafe.AsPointer(ref _tableMemory[0]) + page - 1 - place) & -page) + place);
        Tables->MapRoot = arena.MapRoot;
        Tables->TagBits = (ulong)tag << PageEntry.TagShift;
        Tables->Leaf = PageMap.LeafOf(arena.MapRoot, 0);
        _nextEntry = (MagazineEntry*)_entries.Start;
    }

    private MagazineEntry* _nextEntry;

    internal HeapTables* Tables { get; }

    internal nuint MeasureTables(IVirtualMemory memory) => _entries.MeasureResident(memory);

    /// <summary>Describes a class; all are described before the first use.</summary>
    internal void Define(int number, nuint stride, int elements, int granules, int capacity, byte mapClass)
    {
        ClassCache* cache = HeapTables.CacheAt(Tables, number);
        cache->Stride = stride;
        cache->Elements = elements;
        cache->Granules = granules;
        cache->Bottom = cache->Top = _nextEntry;
        cache->Limit = _nextEntry += capacity;
        cache->Batch = Math.Max(1, capacity / 2);
        cache->MapClass = mapClass;
        cache->Number = (byte)number;
        if (mapClass == number)
        {
            Tables->Reciprocals[number] = (uint)(uint.MaxValue / (uint)stride) + 1;
        }
    }

    /// <summary>Puts free elements into an empty magazine.</summary>
    /// <returns>False when there is no memory.</returns>
    internal bool Refill(ClassCache* cache)
    {
        for (int list = 0; list < ClassCache.Lists; list++)
        {
            // The first will do, but where its free pages were given back and there is no memory to have them again.
            for (var slab = (Slab*)cache->Heads[list]; slab != null; slab = slab->Next)
            {
                if (TakeFrom(cache, slab))
                {
                    return true;
                }
            }
        }

        BeforeGrowth(cache->Number);
        Slab* fresh = OpenSlab(cache);
        return fresh != null && TakeFrom(cache, fresh);
    }

    private bool TakeFrom(ClassCache* cache, Slab* slab)
    {
        int wanted = cache->Batch;
        byte* marks = Slab.Marks(slab);
        MagazineEntry* entries = cache->Bottom;
        int found = 0;
        int index = slab->Cursor;
        int passed = int.MaxValue;
        while (found < wanted && slab->Free > found)
        {
            int skipped = new Span<byte>(marks + index, slab->Elements - index).IndexOf(Mark.Free);
            if (skipped < 0)
            {
                break;
            }

            index += skipped;
            bool holes = (slab->Flags & SlabFlags.HasHoles) != 0;
#if RM_MUTATIONS
            holes &= !ArenaMutation.Is(ArenaMutation.HoleNotCommitted);
#endif
            if (holes && !_arena.TryCommitPages(slab->Home, Slab.AddressOf(slab, index), slab->Stride))
            {
                passed = Math.Min(passed, index);
                index = FirstBehindPage(slab, index);
                continue;
            }

            marks[index] = index >= slab->FreshFrom ? Mark.CachedClean : Mark.Cached;
            entries[found++] = new MagazineEntry { Block = Slab.AddressOf(slab, index), Mark = marks + index };
            index++;
        }

        if (found == 0)
        {
            return false;
        }

        // The lowest on top, to be handed out first.
        new Span<MagazineEntry>(entries, found).Reverse();
        cache->Top = entries + found;
        cache->Taken += found;
        cache->EmptySlabs -= slab->Free == slab->Elements ? 1 : 0;
        slab->Free -= found;
#if RM_MUTATIONS
        slab->Free += ArenaMutation.Is(ArenaMutation.FreeCountShort) && found > 1 ? 1 : 0;
#endif
        slab->Cursor = Math.Min(passed, index);
        slab->FreshFrom = Math.Max(slab->FreshFrom, index);
        Relist(cache, slab);
        return true;
    }

    // Its neighbours on a page that cannot be had cannot be had either.
    private int FirstBehindPage(Slab* slab, int index)
    {
        nuint next = ((nuint)Slab.AddressOf(slab, index) | (_arena.Memory.PageSize - 1)) + 1;
        return Math.Min(slab->Elements, (int)((next - (nuint)slab->Start + slab->Stride - 1) / slab->Stride));
    }

    /// <summary>Gives the entries that lie longest in a magazine back to their slabs.</summary>
    internal void Flush(ClassCache* cache, int count)
    {
        MagazineEntry* bottom = cache->Bottom;
        for (int i = 0; i < count; i++)
        {
            Return(cache, bottom[i].Block, bottom[i].Mark);
        }

        long rest = cache->Cached - count;
        new Span<MagazineEntry>(bottom + count, (int)rest).CopyTo(new Span<MagazineEntry>(bottom, (int)rest));
        cache->Top = bottom + rest;
    }

    internal void FlushAll()
    {
        for (int number = 1; number <= _count; number++)
        {
            ClassCache* cache = HeapTables.CacheAt(Tables, number);
            Flush(cache, (int)cache->Cached);
        }
    }

    /// <summary>The slab of an address, if this pool has it.</summary>
    internal Slab* SlabOf(nint address)
    {
        ulong entry = _arena.FindEntry(address);
#if RM_MUTATIONS
        if (ArenaMutation.Is(ArenaMutation.TagNotCompared))
        {
            return PageEntry.Slab(entry);
        }

#endif
        return PageEntry.Tag(entry) == _tag ? PageEntry.Slab(entry) : null;
    }

    /// <summary>Marks an element free again, and returns its slab if that was the last one in use.</summary>
    private void Return(ClassCache* cache, nint block, byte* mark)
    {
        Slab* slab = PageEntry.Slab(PageMap.Lookup(Tables->MapRoot, block));
        int index = (int)(mark - Slab.Marks(slab));
#if RM_MUTATIONS
        if (!ArenaMutation.Is(ArenaMutation.MarkKeptByFlush))
#endif
        {
            *mark = Mark.Free;
        }

        slab->Free++;
        slab->Cursor = Math.Min(slab->Cursor, index);
        cache->Taken--;
        if (slab->Free == slab->Elements)
        {
            cache->EmptySlabs++;
            if (cache->EmptySlabs > _keepEmpty)
            {
                CloseSlab(cache, slab);
                return;
            }
        }

        Relist(cache, slab);
    }

    // List 1 has the fullest slabs with room, list 4 the emptiest; full ones are in none.
    private static void Relist(ClassCache* cache, Slab* slab)
    {
        byte list = slab->Free == 0 ? (byte)0 : (byte)(1 + Math.Min(ClassCache.Lists - 1, (long)slab->Free * ClassCache.Lists / slab->Elements));
        if (list == slab->List)
        {
            return;
        }

#if RM_MUTATIONS
        if (ArenaMutation.Is(ArenaMutation.SlabNotListed) && slab->List == 0 && slab->Free < slab->Elements)
        {
            return;
        }

#endif

        Unlist(cache, slab);
        slab->List = list;
        if (list == 0)
        {
            slab->Flags &= ~SlabFlags.HasHoles;
            return;
        }

        var head = (Slab*)cache->Heads[list - 1];
        slab->Next = head;
        slab->Previous = null;
        if (head != null)
        {
            head->Previous = slab;
        }

        cache->Heads[list - 1] = (long)slab;
    }

    private static void Unlist(ClassCache* cache, Slab* slab)
    {
        if (slab->List == 0)
        {
            return;
        }

        if (slab->Next != null)
        {
            slab->Next->Previous = slab->Previous;
        }

        if (slab->Previous != null)
        {
            slab->Previous->Next = slab->Next;
        }
        else
        {
            cache->Heads[slab->List - 1] = (long)slab->Next;
        }

        slab->List = 0;
    }

    private Slab* OpenSlab(ClassCache* cache)
    {
        nuint bytes = (nuint)cache->Elements * cache->Stride;
        var slab = (Slab*)_arena.TakeMetadata(Slab.BytesFor(cache->Elements));
        if (slab == null)
        {
            return null;
        }

        if (!_arena.TryAcquire(cache->Granules, bytes, Granule.Bytes, zeroed: false, out Run run))
        {
            _arena.GiveMetadata((nint)slab, Slab.BytesFor(cache->Elements));
            return null;
        }

        Slab.Open(slab, run.Start, cache->Stride, cache->Elements, run.Home, cache->Number, SlabFlags.None, run.IsClean);
        _arena.SetEntry(run.Start, (nuint)cache->Granules, PageEntry.Of(_tag, slab, cache->MapClass));
        cache->Slabs++;
        cache->EmptySlabs++;
        Relist(cache, slab);
        return slab;
    }

    private void CloseSlab(ClassCache* cache, Slab* slab)
    {
        Unlist(cache, slab);
        cache->Slabs--;
        cache->EmptySlabs--;
        _arena.Release(slab->Home, slab->Start, cache->Granules);
        _arena.GiveMetadata((nint)slab, Slab.BytesFor(slab->Elements));
    }
}
