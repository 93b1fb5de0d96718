using System.Diagnostics;
using Rm.Memory;
using Rm.Violations;

namespace Rm.Arenas;

/// <summary>
/// Takes address space from the system in chunks and gives memory to pools, which hand out blocks. Any number of arenas live side by
/// side, and beside malloc. Mirrors the Memory Pool System's <c>mps_arena_t</c> of the virtual memory class, and with
/// <see cref="AddRegion"/> its client arena.
/// </summary>
/// <remarks>
/// <para>Thread rule: an arena is thread-safe, its pools are not: each belongs to one thread at a time.</para>
/// <para>An arena that is collected without <see cref="Dispose"/> keeps its memory: pointers into it may still be in use.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed partial class Arena : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ArenaOptions _options;
    private readonly IVirtualMemory _memory;
    private readonly PageMap _map;
    private readonly MetadataHeap _metadata;
    private readonly List<Pool?> _pools = [null];
    private int _firstFreePool = 1;
    private readonly nuint _page;
    private readonly ushort _allPages;

    /// <summary>Makes an arena with default options. Mirrors <c>mps_arena_create</c>.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for the arena's tables.</exception>
    public Arena()
        : this(new ArenaOptions())
    {
    }

    /// <summary>Makes an arena; address space is reserved with the first pool that needs memory. Mirrors <c>mps_arena_create_k</c>.</summary>
    /// <param name="options">How; not copied, but never changed either.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the arena's tables.</exception>
    public Arena(ArenaOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _memory = options.Memory ?? new SystemVirtualMemory();
        _page = _memory.PageSize;
        _allPages = (ushort)((1 << (int)(Granule.Bytes / _page)) - 1);
        _spareFraction = options.SpareFraction;
        _commitLimit = options.CommitLimit;
        _clock = options.TimeProvider ?? TimeProvider.System;
        _lastTrim = _clock.GetTimestamp();
        _map = new PageMap(_memory);
        _metadata = new MetadataHeap(_memory);
    }

    /// <summary>The arena's name for messages and reports, or null.</summary>
    public string? Name => _options.Name;

    /// <summary>Whether every block is an allocation of malloc's.</summary>
    public bool IsPassThrough => _options.PassThrough;

    /// <summary>Whether the arena was disposed.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>The pools that were not disposed, as of now.</summary>
    public IReadOnlyList<Pool> Pools
    {
        get
        {
            lock (_lock)
            {
                return [.. _pools.OfType<Pool>()];
            }
        }
    }

    /// <summary>What <see cref="PageMap.Lookup"/> takes.</summary>
    internal nint MapRoot => _map.Root;

    internal IVirtualMemory Memory => _memory;

    /// <summary>Makes a general allocator over this arena's memory.</summary>
    /// <param name="name">A name for messages and reports, or null.</param>
    /// <returns>A heap without memory; it belongs to one thread at a time.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for the heap's tables, or the arena has 65,535 pools.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public SizeClassHeap CreateHeap(string? name = null) => new(this, name);

    /// <summary>The pool that has the memory an address lies in. O(1). Mirrors <c>mps_addr_pool</c>.</summary>
    /// <param name="address">Any address, interior and foreign ones included.</param>
    /// <returns>Null when no pool of this arena has it.</returns>
    public Pool? PoolOf(nint address)
    {
        if (IsPassThrough)
        {
            return Array.Find([.. Pools], pool => pool.HoldsPassedThrough(address));
        }

        lock (_lock)
        {
            ulong entry = IsDisposed ? 0 : _map.Find(address);
            return entry == 0 ? null : _pools[PageEntry.Tag(entry)];
        }
    }

    /// <summary>Whether an address lies in memory that a pool of this arena has. O(1). Mirrors <c>mps_arena_has_addr</c>.</summary>
    /// <param name="address">Any address, interior and foreign ones included.</param>
    /// <returns>False for the memory of others.</returns>
    public bool Contains(nint address) => PoolOf(address) is not null;

    /// <summary>
    /// Disposes the arena's pools and gives all memory back to the system; the blocks that live end with it. Does nothing the second
    /// time. Mirrors <c>mps_arena_destroy</c>, which demands that its pools are gone.
    /// </summary>
    /// <exception cref="CountedBlockException">A state counts blocks of a pool: dispose the state first. Nothing was changed.</exception>
    /// <remarks>Thread rule: no other thread may use the arena or a pool of it meanwhile or afterwards.</remarks>
    public void Dispose()
    {
        if (IsDisposed)
        {
            return;
        }

        IReadOnlyList<Pool> pools = Pools;
        foreach (Pool pool in pools)
        {
            pool.ThrowIfCounted();
        }

        foreach (Pool pool in pools)
        {
            pool.Dispose();
        }

        // A heap that owns its arena has disposed it just now.
        if (IsDisposed)
        {
            return;
        }

        ArenaChanges changes;
        lock (_lock)
        {
            ReleaseEverything();
            _metadata.Dispose();
            _map.Dispose();
            IsDisposed = true;
            changes = TakeChanges();
        }

        changes.Announce(this);
    }

    /// <summary>Name, committed and spare bytes.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => IsDisposed
        ? $"Arena '{Name ?? "unnamed"}', disposed"
        : $"Arena '{Name ?? "unnamed"}', {CommittedBytes} bytes committed, {SpareBytes} of them spare";

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(IsDisposed, this);

    /// <summary>Numbers a pool.</summary>
    /// <exception cref="OutOfMemoryException">There are as many pools as there are numbers.</exception>
    internal ushort Register(Pool pool)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            int tag = _pools.IndexOf(null, _firstFreePool);
            if (tag < 0)
            {
                tag = _pools.Count;
                if (tag > ushort.MaxValue)
                {
                    throw NoMemory.For($"another pool: an arena has at most {ushort.MaxValue}; dispose those no longer used or make another arena");
                }

                _pools.Add(null);
            }

            _pools[tag] = pool;
            _firstFreePool = tag + 1;
            return (ushort)tag;
        }
    }

    internal void Unregister(ushort tag)
    {
        lock (_lock)
        {
            _pools[tag] = null;
            _firstFreePool = Math.Min(_firstFreePool, tag);
        }
    }

    /// <summary>What the page map says of any address.</summary>
    internal ulong FindEntry(nint address) => _map.Find(address);

    internal void SetEntry(nint start, nuint granules, ulong entry)
    {
        lock (_lock)
        {
            _map.Set(start, granules, entry);
        }
    }

    /// <summary>Takes memory for a slab's header and marks.</summary>
    /// <returns>0 when there is none.</returns>
    internal nint TakeMetadata(nuint bytes)
    {
        lock (_lock)
        {
            return _metadata.Take(bytes);
        }
    }

    internal void GiveMetadata(nint piece, nuint bytes)
    {
        lock (_lock)
        {
            _metadata.Give(piece, bytes);
        }
    }
}
