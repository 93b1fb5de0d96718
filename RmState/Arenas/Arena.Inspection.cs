using Rm.Violations;

namespace Rm.Arenas;

// Looking at an arena: totals, residency, maps, invariants.
public sealed partial class Arena
{
    /// <summary>The totals over all pools. O(pools).</summary>
    public ArenaStatistics Statistics
    {
        get
        {
            long blocks = 0;
            nuint bytes = 0;
            IReadOnlyList<Pool> pools = Pools;
            foreach (Pool pool in pools)
            {
                PoolUsage usage = pool.Usage;
                blocks += usage.LiveBlocks;
                bytes += usage.LiveBytes;
            }

            lock (_lock)
            {
                return new ArenaStatistics
                {
                    ReservedBytes = ReservedBytes,
                    CommittedBytes = _committed,
                    PeakCommittedBytes = _peakCommitted,
                    SpareBytes = SpareBytes,
                    MetadataBytes = _metadata.Bytes + (IsDisposed ? 0 : _map.Bytes),
                    TrimmedBytes = TrimmedBytes,
                    Chunks = _chunks.Count + _lone.Count(static lone => lone is not null),
                    Pools = pools.Count,
                    LiveBlocks = blocks,
                    LiveBytes = bytes,
                };
            }
        }
    }

    /// <summary>How much of the arena's memory is in physical memory, its own tables included. O(reserved pages).</summary>
    /// <returns>Bytes; where the system cannot tell, as on Windows, the committed bytes and those of the tables.</returns>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public nuint MeasureResident()
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            nuint total = _map.MeasureResident();
            foreach ((nint start, nuint bytes) in OwnAreas())
            {
                if (!_memory.TryMeasureResident(start, bytes, out nuint resident))
                {
                    return _committed + _metadata.Bytes + _map.Bytes;
                }

                total += resident;
            }

            foreach (Pool pool in _pools.OfType<Pool>())
            {
                total += pool.MeasureTables();
            }

            return total;
        }
    }

    /// <summary>
    /// Every stretch of memory that a pool has or that is spare, in the order of addresses: what fragmentation looks like.
    /// O(granules).
    /// </summary>
    /// <returns>The stretches; those of a pool in use by another thread as of a moment ago.</returns>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public IReadOnlyList<ArenaRange> GetMap()
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            var ranges = new List<ArenaRange>();
            foreach (Chunk chunk in _chunks)
            {
                AddRanges(chunk, ranges);
            }

            foreach (LoneBlock lone in _lone.OfType<LoneBlock>())
            {
                ranges.Add(RangeAt(lone.Start, lone.Reserved, lone.Committed));
            }

            ranges.Sort(static (left, right) => left.Start.CompareTo(right.Start));
            return ranges;
        }
    }

    /// <summary>Checks every invariant of the arena and of its pools. O(granules and blocks).</summary>
    /// <exception cref="CorruptArenaException">One is broken.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    /// <remarks>Thread rule: no other thread may use a pool of this arena meanwhile; <see cref="Pool.Verify"/> asks that of one pool only.</remarks>
    public void Verify()
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            if (FindBrokenTotal() is { } broken)
            {
                throw new CorruptArenaException(
                    $"{NameForMessages} is corrupt: {broken}. Native code wrote over its tables, or two threads used a pool at once.");
            }
        }

        foreach (Pool pool in Pools)
        {
            pool.Verify();
        }
    }

    internal string NameForMessages => Name is null ? "this arena" : $"arena '{Name}'";

    /// <summary>The runs and lone blocks of a pool.</summary>
    internal List<(nint Start, int Granules)> RunsOf(ushort tag)
    {
        lock (_lock)
        {
            var runs = new List<(nint Start, int Granules)>();
            foreach (Chunk chunk in _chunks)
            {
                ulong last = 0;
                for (int granule = chunk.NextTaken(0); granule < chunk.Granules; granule = chunk.NextTaken(granule + 1))
                {
                    ulong entry = _map.Find(chunk.AddressOf(granule));
                    if (entry != 0 && PageEntry.Tag(entry) == tag)
                    {
                        if (entry == last)
                        {
                            runs[^1] = (runs[^1].Start, runs[^1].Granules + 1);
                        }
                        else
                        {
                            runs.Add((chunk.AddressOf(granule), 1));
                        }
                    }

                    last = entry;
                }
            }

            foreach (LoneBlock lone in _lone.OfType<LoneBlock>())
            {
                if (PageEntry.Tag(_map.Find(lone.Start)) == tag && !lone.IsSpare)
                {
                    runs.Add((lone.Start, 0));
                }
            }

            return runs;
        }
    }

    private IEnumerable<(nint Start, nuint Bytes)> OwnAreas() =>
    [
        .. _chunks.Where(static chunk => chunk.Kind != ChunkKind.Region).Select(static chunk => (chunk.Start, chunk.Bytes)),
        .. _lone.OfType<LoneBlock>().Select(static lone => (lone.Start, lone.Reserved)),
        .. _metadata.Areas,
    ];

    private void AddRanges(Chunk chunk, List<ArenaRange> ranges)
    {
        for (int granule = 0; granule < chunk.Granules;)
        {
            ulong entry = _map.Find(chunk.AddressOf(granule));
            int first = granule;
            bool free = chunk.IsFree(granule);
            if (free && chunk.CommittedPages(granule) == 0)
            {
                granule++;
                continue;
            }

            // A slab's granules have one entry; spare ones are told apart by nothing.
            do
            {
                granule++;
            }
            while (granule < chunk.Granules && chunk.IsFree(granule) == free && _map.Find(chunk.AddressOf(granule)) == entry
                && (!free || chunk.CommittedPages(granule) != 0));

            ranges.Add(RangeAt(chunk.AddressOf(first), (nuint)(granule - first) << Granule.Shift, CommittedIn(chunk, first, granule - first)));
        }
    }

    private ArenaRange RangeAt(nint start, nuint bytes, nuint committed)
    {
        ulong entry = _map.Find(start);
        return entry == 0
            ? new ArenaRange(start, bytes, committed, null, 0, 0, 0)
            : _pools[PageEntry.Tag(entry)]!.Describe(start, bytes, committed);
    }

    // Following a pointer that was written over would end the process.
    private unsafe string? FindBrokenEntry(ulong entry) =>
        PageEntry.Tag(entry) >= _pools.Count || _pools[PageEntry.Tag(entry)] is null ? "pool"
        : _metadata.Holds((nint)PageEntry.Slab(entry)) ? null
        : "slab";

    private string? FindBrokenTotal()
    {
        nuint committed = 0;
        nuint spare = 0;
        nuint reserved = 0;
        foreach (Chunk chunk in _chunks)
        {
            reserved += chunk.Bytes;
            committed += CommittedIn(chunk, 0, chunk.Granules);
            int free = 0;
            for (int granule = 0; granule < chunk.Granules; granule++)
            {
                ulong entry = _map.Find(chunk.AddressOf(granule));
                bool isFree = chunk.IsFree(granule);
                free += isFree ? 1 : 0;
                spare += isFree ? CommittedIn(chunk, granule, 1) : 0;
                if (isFree != (entry == 0))
                {
                    return $"the granule at 0x{chunk.AddressOf(granule):x} is {(isFree ? "free but owned" : "taken but nobody's")}";
                }

                if (entry != 0 && FindBrokenEntry(entry) is { } broken)
                {
                    return $"the granule at 0x{chunk.AddressOf(granule):x} is of a {broken} that does not exist";
                }
            }

            if (free != chunk.FreeGranules)
            {
                return $"{free} granules of a chunk are free, it says {chunk.FreeGranules}";
            }
        }

        foreach (LoneBlock lone in _lone.OfType<LoneBlock>())
        {
            reserved += lone.Reserved;
            committed += lone.Committed;
            spare += lone.IsSpare ? lone.Committed : 0;
            if (lone.IsSpare != (_map.Find(lone.Start) == 0))
            {
                return $"the block at 0x{lone.Start:x} is {(lone.IsSpare ? "spare but owned" : "in use but nobody's")}";
            }

            if (!lone.IsSpare && FindBrokenEntry(_map.Find(lone.Start)) is { } broken)
            {
                return $"the block at 0x{lone.Start:x} is of a {broken} that does not exist";
            }
        }

        committed += IsPassThrough ? _committed : 0;
        return committed != _committed ? $"{committed} bytes are committed, not {_committed}"
            : spare != SpareBytes ? $"{spare} bytes are spare, not {SpareBytes}"
            : reserved != ReservedBytes ? $"{reserved} bytes are reserved, not {ReservedBytes}"
            : null;
    }
}
