using Rm.Arenas;

namespace Rm.Membufs;

// The heap as memory with holes in it.
public sealed unsafe partial class MembufHeap
{
    /// <summary>
    /// Lets the heap's arena use memory of the caller's before it asks the system for any: see <see cref="Rm.Arenas.Arena.AddRegion"/>. Mirrors
    /// <c>heap_add</c>.
    /// </summary>
    /// <param name="start">Any address; what lies before the next multiple of 64 KiB is not used.</param>
    /// <param name="bytes">The length; at least one whole granule of 64 KiB must lie in it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="start"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No whole granule lies in the region, or it ends beyond 48 bits.</exception>
    /// <exception cref="ArgumentException">The region overlaps memory that the arena has.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the arena's tables; nothing changed.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <remarks>The memory must stay readable and writable until the arena is disposed, which leaves it alone.</remarks>
    public void AddRegion(nint start, nuint bytes)
    {
        ThrowIfDisposed();
        Arena.AddRegion(start, bytes);
    }

    /// <summary>
    /// What of the heap's memory is used and what is free, as of a moment ago while other threads use it. When every block is gone and
    /// memory was given back by <see cref="Trim(long)"/>, and every other thread's by theirs, it is as it was at the start.
    /// </summary>
    /// <returns>A list of its own.</returns>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    /// <remarks>
    /// O(places for blocks). The free memory of a shared arena is counted as free, what its other pools have as neither. In a pass-through arena
    /// nothing is free, since malloc has it.
    /// </remarks>
    public MembufMap GetMap()
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            var pools = new HashSet<Pool>();
            foreach (MembufHome? home in _homes)
            {
                _ = home is not null && pools.Add(home.Pool);
            }

            if (Arena.IsPassThrough)
            {
                return new MembufMap(pools.Aggregate((nuint)0, static (sum, pool) => sum + pool.Usage.LiveBytes), []);
            }

            nuint used = 0;
            List<(nint Start, nuint Bytes)> free = Arena.FreeStretches();
            foreach (ArenaRange range in Arena.GetMap())
            {
                if (range.Pool is not null && pools.Contains(range.Pool))
                {
                    used += AddPlaces(range, free);
                }
            }

            return new MembufMap(used, Coalesce(free));
        }
    }

    /// <summary>Adds the free places of one slab.</summary>
    /// <returns>The bytes of the others.</returns>
    private nuint AddPlaces(in ArenaRange range, List<(nint Start, nuint Bytes)> free)
    {
        nuint used = 0;
        nuint length = nuint.Min(range.Bytes, Granule.CountFor(range.CommittedBytes) << Granule.Shift);
        for (int i = 0; i < range.Elements; i++)
        {
            nuint offset = (nuint)i * range.ElementSize;

            // What remains behind the last place is of no use to another.
            nuint bytes = i == range.Elements - 1 ? (range.Elements == 1 ? length : range.Bytes) - offset : range.ElementSize;
            nint start = range.Start + (nint)offset;
            if (FindTaken(start, out _) != null)
            {
                used += bytes;
            }
            else
            {
                free.Add((start, bytes));
            }
        }

        return used;
    }

    private static List<MembufRegion> Coalesce(List<(nint Start, nuint Bytes)> free)
    {
        free.Sort();
        var regions = new List<MembufRegion>();
        foreach ((nint start, nuint bytes) in free)
        {
            if (regions.Count > 0 && regions[^1] is var last && last.Start + (nint)last.Bytes == start)
            {
                regions[^1] = last with { Bytes = last.Bytes + bytes };
            }
            else
            {
                regions.Add(new MembufRegion(start, bytes));
            }
        }

        return regions;
    }
}
