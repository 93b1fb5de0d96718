using System.Numerics;
using Rm.Events;

namespace Rm.Arenas;

// Where granules come from: address space reserved in chunks, the caller's regions, and, where the system refuses, malloc.
public sealed partial class Arena
{
    /// <summary>The arena took a chunk of address space. Raised on the thread that needed it, while no lock is held.</summary>
    /// <remarks>
    /// Mirrors <c>MPS_KEY_ARENA_EXTENDED</c>. The handler must not use the pool whose operation needed the chunk, nor throw.
    /// </remarks>
    public event EventHandler<ArenaChangedEventArgs>? Grown;

    /// <summary>The arena gave a chunk back that <see cref="Grown"/> announced. Mirrors <c>MPS_KEY_ARENA_CONTRACTED</c>.</summary>
    public event EventHandler<ArenaChangedEventArgs>? Shrunk;

    /// <summary>
    /// Lets the arena use memory of the caller's, for instance a shared segment or a large static buffer, before it reserves any of
    /// its own. Mirrors <c>mps_arena_extend</c> of the client arena and Liquorice's <c>heap_add</c>.
    /// </summary>
    /// <param name="start">Any address; what lies before the next multiple of 64 KiB is not used.</param>
    /// <param name="bytes">The length; at least one whole granule of 64 KiB must lie in it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="start"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No whole granule lies in the region, or it ends beyond 48 bits.</exception>
    /// <exception cref="ArgumentException">The region overlaps memory that the arena has.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the arena's tables; nothing changed.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    /// <remarks>The memory must stay readable and writable until the arena is disposed, which leaves it alone. It need not be zeroed.</remarks>
    public void AddRegion(nint start, nuint bytes)
    {
        ArgumentNullException.ThrowIfNull((object?)(start == 0 ? null : this), nameof(start));
        nuint first = ((nuint)start + (Granule.Bytes - 1)) & ~(nuint)(Granule.Bytes - 1);
        nuint end = ((nuint)start + bytes) & ~(nuint)(Granule.Bytes - 1);
        const nuint maxGranules = int.MaxValue / 16;
        if ((nuint)start + bytes < (nuint)start || end <= first || end >> PageEntry.TagShift != 0 || (end - first) >> Granule.Shift > maxGranules)
        {
            throw new ArgumentOutOfRangeException(
                nameof(bytes), (ulong)bytes, $"A region must hold at least one aligned granule of {Granule.Bytes} bytes and end below 2^48.");
        }

        ArenaChanges changes;
        lock (_lock)
        {
            ThrowIfDisposed();
            if (_chunks.Exists(chunk => (nuint)chunk.Start < end && first < (nuint)chunk.Start + chunk.Bytes)
                || _lone.Exists(lone => lone is not null && (nuint)lone.Start < end && first < (nuint)lone.Start + lone.Reserved))
            {
                throw new ArgumentException("The region overlaps memory that the arena has already.", nameof(start));
            }

            if (!_map.Prepare((nint)first, end - first))
            {
                throw NoMemory.For("the page map of a region");
            }

            AddChunk(new Chunk(ChunkKind.Region, (nint)first, (int)((end - first) >> Granule.Shift)));
            changes = TakeChanges();
        }

        changes.Announce(this);
    }

    // What came and went under the lock, until it is announced without.
    private ArenaChanges _changes;

    internal void Announce(bool grown, ArenaChangedEventArgs change)
    {
        if (grown)
        {
            RmEventSource.Log.ArenaGrown(Name, (ulong)change.Start, change.Bytes);
        }
        else
        {
            RmEventSource.Log.ArenaShrunk(Name, (ulong)change.Start, change.Bytes);
        }

        (grown ? Grown : Shrunk)?.Invoke(this, change);
    }

    private ArenaChanges TakeChanges()
    {
        ArenaChanges changes = _changes;
        _changes = default;
        return changes;
    }

    private bool TryAddChunk(int granules, nuint alignment)
    {
        // Half as much is asked for until the system agrees, down to what is needed.
        nuint needed = (nuint)granules << Granule.Shift;
        nuint wanted = nuint.Max(needed, Granule.CountFor(_options.ChunkSize) << Granule.Shift);
        for (nuint bytes = wanted; ; bytes = nuint.Max(needed, Granule.CountFor(bytes / 2) << Granule.Shift))
        {
            // A chunk that begins at a multiple of its size lies in one window of the page map.
            nint start = _memory.Reserve(bytes, nuint.Max(alignment, nuint.Min(BitOperations.RoundUpToPowerOf2(bytes), (nuint)1 << PageMap.LeafShift)));
            if (start != 0)
            {
                return TryAddChunk(ChunkKind.Reserved, start, bytes);
            }

            if (bytes == needed)
            {
                start = _memory.AllocateAligned(needed, nuint.Max(alignment, Granule.Bytes));
                return start != 0 && TryAddChunk(ChunkKind.Malloced, start, needed);
            }
        }
    }

    private bool TryAddChunk(ChunkKind kind, nint start, nuint bytes)
    {
        if (_map.Prepare(start, bytes))
        {
            AddChunk(new Chunk(kind, start, (int)(bytes >> Granule.Shift)));
            return true;
        }

        _ = GiveUp(kind, start, bytes);
        return false;
    }

    private void AddChunk(Chunk chunk)
    {
        _chunks.Add(chunk);
        ReservedBytes += chunk.Bytes;
        _changes.Grew(chunk.Start, chunk.Bytes);
    }

    private bool GiveUp(ChunkKind kind, nint start, nuint bytes)
    {
        if (kind == ChunkKind.Reserved)
        {
            return _memory.Release(start, bytes);
        }

        if (kind == ChunkKind.Malloced)
        {
            _memory.FreeAligned(start, Granule.Bytes);
        }

        return true;
    }

    private void ReleaseEverything()
    {
        foreach (Chunk chunk in _chunks)
        {
            _ = GiveUp(chunk.Kind, chunk.Start, chunk.Bytes);
            _changes.Shrank(chunk.Start, chunk.Bytes);
        }

        _chunks.Clear();
        foreach (LoneBlock lone in _lone.OfType<LoneBlock>())
        {
            _ = GiveUp(lone.IsMalloced ? ChunkKind.Malloced : ChunkKind.Reserved, lone.Start, lone.Reserved);
            _changes.Shrank(lone.Start, lone.Reserved);
        }

        _lone.Clear();
        _spareLone.Clear();
        ReservedBytes = _committed = SpareBytes = 0;
    }
}
