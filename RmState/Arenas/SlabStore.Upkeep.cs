namespace Rm.Arenas;

// Totals, trimming, ending and checking.
internal sealed unsafe partial class SlabStore
{
    private int _trimClass = 1;

    internal PoolUsage Usage
    {
        get
        {
            long live = 0;
            nuint liveBytes = 0;
            nuint freeBytes = 0;
            nuint total = 0;
            long slabs = 0;
            for (int number = 1; number <= _count; number++)
            {
                ClassCache* cache = HeapTables.CacheAt(Tables, number);
                live += cache->Live;
                liveBytes += (nuint)cache->Live * cache->Stride;
                freeBytes += (nuint)((cache->Slabs * cache->Elements) - cache->Live) * cache->Stride;
                total += (nuint)cache->Slabs * ((nuint)cache->Elements * cache->Stride);
                slabs += cache->Slabs;
            }

            return new PoolUsage(live, liveBytes, freeBytes, total, slabs);
        }
    }

    /// <summary>Gives free slabs, and free pages of others, back.</summary>
    /// <returns>The bytes of pages given back to the system; whole slabs become the arena's spare memory.</returns>
    internal nuint Trim(nuint budget)
    {
        FlushAll();
        nuint done = 0;
        for (int i = 0; i < _count && done < budget; i++)
        {
            ClassCache* cache = HeapTables.CacheAt(Tables, _trimClass);
            CloseSurplus(cache);
            for (int list = ClassCache.Lists - 1; list >= 0 && done < budget; list--)
            {
                for (Slab* slab = (Slab*)cache->Heads[list]; slab != null && done < budget; slab = slab->Next)
                {
                    done += PunchHoles(cache, slab, budget - done, 0);
                }
            }

            _trimClass = done < budget ? (_trimClass % _count) + 1 : _trimClass;
        }

        return done;
    }

    /// <summary>Describes a slab as it is now, or was a moment ago.</summary>
    internal ArenaRange Describe(Pool pool, nint start, nuint bytes, nuint committed)
    {
        Slab* slab = SlabOf(start);
        ClassCache* cache = HeapTables.CacheAt(Tables, slab->Class);
        int cached = slab->Elements == 1 && slab->Free == 0 && Mark.IsFree(*Slab.Marks(slab)) ? 1 : 0;
        for (MagazineEntry* entry = cache->Bottom; entry < cache->Top && slab->Elements > 1; entry++)
        {
            cached += (nuint)(entry->Block - slab->Start) < Slab.Bytes(slab) ? 1 : 0;
        }

        return new ArenaRange(start, bytes, committed, pool, slab->Stride, slab->Elements, slab->Elements - slab->Free - cached);
    }

    /// <summary>Calls with every slab, whatever its state.</summary>
    internal void ForEachSlab(SlabAction action)
    {
        foreach ((nint start, _) in _arena.RunsOf(_tag))
        {
            action(SlabOf(start));
        }
    }

    /// <summary>Returns every slab to the arena; elements that live end.</summary>
    internal void Close()
    {
        foreach ((nint start, int granules) in _arena.RunsOf(_tag))
        {
            Slab* slab = SlabOf(start);
            nuint metadata = Slab.BytesFor(slab->Elements);
            if ((slab->Flags & SlabFlags.Lone) != 0)
            {
                _arena.ReleaseLone(slab->Home);
            }
            else
            {
                _arena.Release(slab->Home, start, granules);
            }

            _arena.GiveMetadata((nint)slab, metadata);
        }

        // Odd for ever: the fast paths are closed.
        Tables->Operations |= 1;
        for (int number = 0; number <= _count; number++)
        {
            *HeapTables.CacheAt(Tables, number) = default;
        }

        _entries.Release(_arena.Memory);
    }

    /// <summary>Finds a broken invariant.</summary>
    /// <returns>It in words; null when all hold.</returns>
    internal string? FindBroken()
    {
        for (int number = 1; number <= _count; number++)
        {
            ClassCache* cache = HeapTables.CacheAt(Tables, number);
            for (MagazineEntry* entry = cache->Bottom; entry < cache->Top; entry++)
            {
                Slab* slab = SlabOf(entry->Block);
                if (slab == null || slab->Class != number || !Slab.TryIndexOf(slab, entry->Block, out int index)
                    || entry->Mark != Slab.Marks(slab) + index || *entry->Mark is not (Mark.Cached or Mark.CachedClean))
                {
                    return $"the free element at 0x{entry->Block:x} is not marked as one at hand";
                }
            }
        }

        var found = new long[_count + 1];
        var taken = new long[_count + 1];
        var cached = new long[_count + 1];
        var roomy = new long[_count + 1];
        string? broken = null;
        ForEachSlab(slab =>
        {
            broken ??= FindBroken(slab, taken, cached);
            found[slab->Class]++;
            roomy[slab->Class] += slab->Free > 0 ? 1 : 0;
        });
        for (int number = 1; number <= _count && broken is null; number++)
        {
            ClassCache* cache = HeapTables.CacheAt(Tables, number);
            broken = found[number] != cache->Slabs ? $"class {cache->Stride} has {found[number]} slabs, not {cache->Slabs}"
                : taken[number] != cache->Taken ? $"{taken[number]} elements of {cache->Stride} bytes are taken, not {cache->Taken}"
                : cached[number] != cache->Cached ? $"{cached[number]} elements of {cache->Stride} bytes are at hand, not {cache->Cached}"
                : FindBrokenList(cache, roomy[number]);
        }

        return broken;
    }

    private string? FindBroken(Slab* slab, long[] taken, long[] cached)
    {
        int free = 0;
        byte* marks = Slab.Marks(slab);
        for (int index = 0; index < slab->Elements; index++)
        {
            byte mark = marks[index];
            free += mark == Mark.Free ? 1 : 0;
            taken[slab->Class] += mark != Mark.Free ? 1 : 0;
            cached[slab->Class] += mark is Mark.Cached or Mark.CachedClean ? 1 : 0;
            if ((mark == Mark.Free && index < slab->Cursor) || !Mark.IsValid(mark))
            {
                return $"the mark of the element at 0x{Slab.AddressOf(slab, index):x} is {mark}";
            }
        }

        return free == slab->Free ? null : $"{free} elements of the slab at 0x{slab->Start:x} are free, it says {slab->Free}";
    }

    // Gives back pages on which no element is in use. Elements at hand count as in use: the magazines were emptied before.
    private nuint PunchHoles(ClassCache* cache, Slab* slab, nuint budget, nuint least)
    {
        byte* marks = Slab.Marks(slab);
        nuint page = _arena.Memory.PageSize;
        nuint done = 0;
        for (int index = slab->Cursor; index < slab->Elements && done < budget;)
        {
            var rest = new ReadOnlySpan<byte>(marks + index, slab->Elements - index);
            int skipped = rest.IndexOf(Mark.Free);
            if (skipped < 0)
            {
                break;
            }

            index += skipped;
            int length = rest[skipped..].IndexOfAnyExcept(Mark.Free);
            length = length < 0 ? slab->Elements - index : length;
            nuint start = (nuint)Slab.AddressOf(slab, index);
            nuint end = index + length == slab->Elements
                ? (nuint)slab->Start + ((nuint)cache->Granules << Granule.Shift)
                : (nuint)Slab.AddressOf(slab, index + length);
#if RM_MUTATIONS
            start -= ArenaMutation.Is(ArenaMutation.LivePageGivenBack) && index > 0 ? page - 1 : 0;
#endif
            start = (start + page - 1) & ~(page - 1);
            end &= ~(page - 1);
            while (end > start && done < budget && end - start >= least)
            {
                // What an earlier call gave back does not count, so a small budget goes through a long run in several steps.
                nuint left = budget - done;
                nuint part = left < end - start ? (left + page - 1) & ~(page - 1) : end - start;
                nuint given = _arena.DecommitPages(slab->Home, (nint)start, part);
                slab->Flags |= given != 0 ? SlabFlags.HasHoles : SlabFlags.None;
                done += given;
                start += part;
            }

            index += length;
        }

        return done;
    }
}
