using System.Numerics;
using System.Runtime.InteropServices;

namespace Rm.Arenas;

// Granules for pools: found in the chunks, committed page by page as they are needed.
public sealed unsafe partial class Arena
{
    // Address space is made accessible in steps of this many granules, so that a system call serves many.
    private const int AccessStep = 16;

    private readonly List<Chunk> _chunks = [];

    /// <summary>Takes granules and commits memory at their start.</summary>
    /// <param name="granules">How many.</param>
    /// <param name="bytes">To commit; the rest of the granules stays address space.</param>
    /// <param name="alignment">A power of two; up to a granule is given in any case.</param>
    /// <param name="zeroed">Whether what is not known to be zero shall be cleared.</param>
    /// <param name="run">The granules.</param>
    /// <returns>False when there is no memory, or the commit limit is reached.</returns>
    internal bool TryAcquire(int granules, nuint bytes, nuint alignment, bool zeroed, out Run run)
    {
        ArenaChanges changes;
        bool done;
        lock (_lock)
        {
            done = TryAcquire(granules, bytes, alignment, out run);
            Maintain(0);
            changes = TakeChanges();
        }

        changes.Announce(this);
        if (done && zeroed && !run.IsClean)
        {
            NativeMemory.Clear((void*)run.Start, bytes);
        }

        return done;
    }

    /// <summary>Takes granules back; their committed pages become spare.</summary>
    internal void Release(int home, nint start, int granules)
    {
        ArenaChanges changes;
        lock (_lock)
        {
            Chunk chunk = _chunks[home];
            int first = chunk.IndexOf(start);
#if RM_MUTATIONS
            if (!ArenaMutation.Is(ArenaMutation.MapKeptByRelease))
#endif
            {
                _map.Set(start, (nuint)granules, 0);
            }

            chunk.Give(first, granules);
#if RM_MUTATIONS
            if (!ArenaMutation.Is(ArenaMutation.SpareNotCounted))
#endif
            {
                SpareBytes += CommittedIn(chunk, first, granules);
            }

            Maintain(0);
            changes = TakeChanges();
        }

        changes.Announce(this);
    }

    /// <summary>Makes a run longer, or its committed part, where it stands.</summary>
    /// <returns>False when what is behind it is taken, or there is no memory.</returns>
    internal bool TryExtend(int home, nint start, int granules, int newGranules, nuint newBytes, ulong entry)
    {
        lock (_lock)
        {
            Chunk chunk = _chunks[home];
            int first = chunk.IndexOf(start);
            int more = newGranules - granules;
            if (!chunk.IsFreeRun(first + granules, more))
            {
                return false;
            }

            SpareBytes -= CommittedIn(chunk, first + granules, more);
            chunk.Take(first + granules, more);
            if (!TryCommit(chunk, start, newBytes))
            {
                chunk.Give(first + granules, more);
                SpareBytes += CommittedIn(chunk, first + granules, more);
                return false;
            }

#if RM_MUTATIONS
            if (!ArenaMutation.Is(ArenaMutation.DirtForgotten))
#endif
            {
                SetDirty(chunk, start, newBytes);
            }

            _map.Set(chunk.AddressOf(first + granules), (nuint)more, entry);
            return true;
        }
    }

    /// <summary>Makes a run shorter; pages behind its new end go back to the system, or become spare with their granules.</summary>
    internal void Shorten(int home, nint start, int granules, int newGranules, nuint newBytes)
    {
        ArenaChanges changes;
        lock (_lock)
        {
            Chunk chunk = _chunks[home];
            int first = chunk.IndexOf(start);
            int less = granules - newGranules;
            _map.Set(chunk.AddressOf(first + newGranules), (nuint)less, 0);
            chunk.Give(first + newGranules, less);
            SpareBytes += CommittedIn(chunk, first + newGranules, less);
            nint kept = start + (nint)ToPages(newBytes);
            _ = Decommit(chunk, kept, (nuint)(chunk.AddressOf(first + newGranules) - kept));
            Maintain(0);
            changes = TakeChanges();
        }

        changes.Announce(this);
    }

    /// <summary>Commits pages within a run.</summary>
    internal bool TryCommitPages(int home, nint start, nuint bytes)
    {
        ArenaChanges changes;
        bool done;
        lock (_lock)
        {
            Chunk chunk = _chunks[home];
            done = TryCommit(chunk, start, bytes) || (PurgeSpare(nuint.MaxValue) != 0 && TryCommit(chunk, start, bytes));
            if (done)
            {
#if RM_MUTATIONS
                if (!ArenaMutation.Is(ArenaMutation.DirtForgotten))
#endif
                {
                    SetDirty(chunk, start, bytes);
                }
            }

            changes = TakeChanges();
        }

        changes.Announce(this);
        return done;
    }

    /// <summary>Gives pages within a run back to the system.</summary>
    /// <returns>The bytes given back.</returns>
    internal nuint DecommitPages(int home, nint start, nuint bytes)
    {
        lock (_lock)
        {
            return Decommit(_chunks[home], start, bytes);
        }
    }

    /// <summary>The committed bytes of a run.</summary>
    internal nuint CommittedIn(int home, nint start, int granules)
    {
        lock (_lock)
        {
            return CommittedIn(_chunks[home], _chunks[home].IndexOf(start), granules);
        }
    }

    /// <summary>Whether a page within a run is committed.</summary>
    internal bool IsCommitted(int home, nint address)
    {
        lock (_lock)
        {
            Chunk chunk = _chunks[home];
            int granule = chunk.IndexOf(address);
            return (chunk.CommittedPages(granule) >> PageOf(address) & 1) != 0;
        }
    }

    private bool TryAcquire(int granules, nuint bytes, nuint alignment, out Run run)
    {
        run = default;
        if (IsDisposed || !TryFindRun(granules, bytes, alignment, out int home, out int first))
        {
            return false;
        }

        Chunk chunk = _chunks[home];
        SpareBytes -= CommittedIn(chunk, first, granules);
        chunk.Take(first, granules);
        nint start = chunk.AddressOf(first);
        bool clean = IsClean(chunk, start, bytes);
        if (!TryCommit(chunk, start, bytes) && (PurgeSpare(nuint.MaxValue) == 0 || !TryCommit(chunk, start, bytes)))
        {
            chunk.Give(first, granules);
            SpareBytes += CommittedIn(chunk, first, granules);
            return false;
        }

        // What the last owner left behind the new one's end is nobody's.
        nuint length = (nuint)granules << Granule.Shift;
        nuint committed = (bytes + _page - 1) & ~(_page - 1);
        if (committed < length)
        {
            _ = Decommit(chunk, start + (nint)committed, length - committed);
        }

        SetDirty(chunk, start, bytes);
        run = new Run(start, home, clean);
        return true;
    }

    private bool TryFindRun(int granules, nuint bytes, nuint alignment, out int home, out int first)
    {
        first = -1;
        bool single = granules == 1 && alignment <= Granule.Bytes;
        alignment = nuint.Max(alignment, Granule.Bytes);
        home = -1;
        for (int i = 0; i < _chunks.Count; i++)
        {
            Chunk chunk = _chunks[i];
            if (chunk.FreeGranules < granules || (single && first >= 0 && chunk.SpareGranules == 0))
            {
                continue;
            }

            int found = !single ? chunk.FindRun(granules, alignment)
                : chunk.SpareGranules > 0 ? chunk.FindSpare((int)(ToPages(bytes) / _page))
                : chunk.FindOne();
            if (found >= 0)
            {
                (home, first) = (i, found);

                // A single granule is better taken where it is committed already.
                if (!single || chunk.SpareGranules > 0)
                {
                    return true;
                }
            }
        }

        if (first >= 0)
        {
            return true;
        }

        if (!TryAddChunk(granules, alignment))
        {
            return false;
        }

        home = _chunks.Count - 1;
        first = _chunks[home].FindRun(granules, alignment);
        return first >= 0;
    }

    private bool TryCommit(Chunk chunk, nint start, nuint bytes)
    {
        nuint missing = 0;
        foreach (ChunkParts part in PartsOf(chunk, start, bytes))
        {
            missing += PagesIn((ushort)(part.Pages & ~chunk.CommittedPages(part.Granule))) * _page;
        }

        if (missing == 0)
        {
            return true;
        }

#if RM_MUTATIONS
        if (ArenaMutation.Is(ArenaMutation.FailedCommitCounted) && !TryOpen(chunk, start, bytes))
        {
            AddCommitted(missing);
            return false;
        }

#endif
        if (missing > _commitLimit || _committed > _commitLimit - missing || !TryOpen(chunk, start, bytes))
        {
            return false;
        }

        foreach (ChunkParts part in PartsOf(chunk, start, bytes))
        {
            chunk.SetCommitted(part.Granule, part.Pages);
        }

        AddCommitted(missing);
        return true;
    }

    // Where decommitted pages stay accessible, each granule is opened once; elsewhere pages are opened as they are committed.
    private bool TryOpen(Chunk chunk, nint start, nuint bytes)
    {
        if (chunk.Kind != ChunkKind.Reserved)
        {
            return true;
        }

        if (_memory.DecommitClosesPages)
        {
            nint first = start & -(nint)_page;
            return _memory.Commit(first, ToPages(bytes + (nuint)(start - first)));
        }

        int end = chunk.IndexOf(start + (nint)bytes - 1) + 1;
        if (end <= chunk.Accessible)
        {
            return true;
        }

        int from = chunk.Accessible;
        int to = Math.Min(chunk.Granules, end + AccessStep - 1);
        if (!_memory.Commit(chunk.AddressOf(from), (nuint)(to - from) << Granule.Shift))
        {
            return false;
        }

        chunk.Accessible = to;
        return true;
    }

    /// <summary>Gives committed pages of a stretch back to the system.</summary>
    /// <returns>The bytes given back; 0 where the system refuses or the memory is not the arena's to give.</returns>
    private nuint Decommit(Chunk chunk, nint start, nuint bytes)
    {
        nuint present = 0;
        foreach (ChunkParts part in PartsOf(chunk, start, bytes))
        {
            present += PagesIn((ushort)(part.Pages & chunk.CommittedPages(part.Granule))) * _page;
        }

        if (present == 0 || chunk.Kind != ChunkKind.Reserved || !_memory.Decommit(start, bytes))
        {
            return 0;
        }

        foreach (ChunkParts part in PartsOf(chunk, start, bytes))
        {
            chunk.SetDecommitted(part.Granule, part.Pages);
        }

        _committed -= present;
        TrimmedBytes += present;
        return present;
    }

    private bool IsClean(Chunk chunk, nint start, nuint bytes)
    {
        bool clean = chunk.Kind == ChunkKind.Reserved;
        foreach (ChunkParts part in PartsOf(chunk, start, bytes))
        {
            clean &= (chunk.DirtyPages(part.Granule) & part.Pages) == 0;
        }

        return clean;
    }

    private void SetDirty(Chunk chunk, nint start, nuint bytes)
    {
        foreach (ChunkParts part in PartsOf(chunk, start, bytes))
        {
            chunk.SetDirty(part.Granule, part.Pages);
        }
    }

    private nuint CommittedIn(Chunk chunk, int granule, int granules)
    {
        nuint bytes = 0;
        for (int i = granule; i < granule + granules; i++)
        {
            bytes += PagesIn(chunk.CommittedPages(i)) * _page;
        }

        return bytes;
    }

    // Of every page that a byte of the stretch lies on.
    private ChunkParts PartsOf(Chunk chunk, nint start, nuint bytes)
    {
        nint first = start & -(nint)_page;
        return new ChunkParts(chunk, first, bytes + (nuint)(start - first), _page);
    }

    private int PageOf(nint address) => (int)(((nuint)address & (Granule.Bytes - 1)) / _page);

    private static nuint PagesIn(ushort pages) => (nuint)BitOperations.PopCount(pages);
}
