namespace Rm.Arenas;

// Slabs of which no element is in use, and the lists that slabs with room are in.
internal sealed unsafe partial class SlabStore
{
    /// <summary>Takes a slab before any element is asked for.</summary>
    /// <returns>False when there is no memory.</returns>
    internal bool TryOpenSlab(ClassCache* cache) => OpenSlab(cache) != null;

    /// <summary>Counts the slabs without an element in use, those included of which some elements are at hand. O(magazine).</summary>
    internal long CountEmpty(ClassCache* cache)
    {
        var slabs = new nint[cache->Cached];
        for (int i = 0; i < slabs.Length; i++)
        {
            slabs[i] = (nint)SlabOf(cache->Bottom[i].Block);
        }

        return cache->EmptySlabs
            + slabs.CountBy(static slab => slab).Count(static found => ((Slab*)found.Key)->Free + found.Value == ((Slab*)found.Key)->Elements);
    }

    // A slab taken in advance may be one more than is kept.
    private void CloseSurplus(ClassCache* cache)
    {
        Slab* next;
        for (var slab = (Slab*)cache->Heads[ClassCache.Lists - 1]; slab != null && cache->EmptySlabs > _keepEmpty; slab = next)
        {
            next = slab->Next;
            if (slab->Free == slab->Elements)
            {
                CloseSlab(cache, slab);
            }
        }
    }

    private static string? FindBrokenList(ClassCache* cache, long roomy)
    {
        long listed = 0;
        long empty = 0;
        for (int list = 0; list < ClassCache.Lists; list++)
        {
            Slab* previous = null;
            for (var slab = (Slab*)cache->Heads[list]; slab != null; previous = slab, slab = slab->Next)
            {
                if (slab->List != list + 1 || ListFor(slab) != list + 1 || slab->Previous != previous || slab->Class != cache->Number
                    || listed == roomy)
                {
                    return $"the slab at 0x{slab->Start:x} with {slab->Free} free elements is in the wrong list, or wrongly linked";
                }

                listed++;
                empty += slab->Free == slab->Elements ? 1 : 0;
            }
        }

        return listed != roomy ? $"{listed} slabs of class {cache->Stride} are in lists, {roomy} have room"
            : empty != cache->EmptySlabs ? $"{empty} slabs of class {cache->Stride} are empty, not {cache->EmptySlabs}"
            : null;
    }
}
