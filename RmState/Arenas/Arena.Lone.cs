using System.Runtime.InteropServices;

namespace Rm.Arenas;

// Large blocks have mappings of their own: they grow where they are or move without being copied, and leave nothing behind.
public sealed unsafe partial class Arena
{
    private readonly List<LoneBlock?> _lone = [];
    private readonly List<LoneBlock> _spareLone = [];

    /// <summary>Takes a mapping for one block.</summary>
    internal bool TryAcquireLone(nuint bytes, nuint alignment, bool zeroed, out Run run)
    {
        ArenaChanges changes;
        LoneBlock? lone;
        lock (_lock)
        {
            lone = IsDisposed ? null : TakeSpare(bytes, alignment) ?? Map(bytes, alignment);
            Maintain(bytes);
            changes = TakeChanges();
        }

        changes.Announce(this);
        run = lone is null ? default : new Run(lone.Start, lone.Id, lone.Dirty == 0);
        if (lone is not null)
        {
#if RM_MUTATIONS
            zeroed &= !ArenaMutation.Is(ArenaMutation.LoneNotCleared);
#endif
            if (zeroed)
            {
                NativeMemory.Clear((void*)lone.Start, nuint.Min(bytes, lone.Dirty));
            }

            lone.Dirty = lone.Committed;
        }

        return lone is not null;
    }

    internal void ReleaseLone(int home)
    {
        ArenaChanges changes;
        lock (_lock)
        {
            LoneBlock lone = _lone[home]!;
            _map.Set(lone.Start, lone.Reserved >> Granule.Shift, 0);
            lone.IsSpare = true;
            _spareLone.Add(lone);
            SpareBytes += lone.Committed;
            Maintain(0);
            changes = TakeChanges();
        }

        changes.Announce(this);
    }

    /// <summary>Makes a lone block larger or smaller, where it stands or by moving its pages.</summary>
    /// <param name="home">The block; its page map entries go with it.</param>
    /// <param name="bytes">The new size.</param>
    /// <param name="start">Where it stands afterwards.</param>
    /// <returns>False, and nothing changed, where it must be copied instead, or there is no memory.</returns>
    internal bool TryResizeLone(int home, nuint bytes, out nint start)
    {
        ArenaChanges changes;
        bool done;
        lock (_lock)
        {
            LoneBlock lone = _lone[home]!;
            done = TryResizeInPlace(lone, bytes) || TryMove(lone, bytes);
            start = lone.Start;
            lone.Dirty = lone.Committed;
            changes = TakeChanges();
        }

        changes.Announce(this);
        return done;
    }

    internal nuint CommittedOfLone(int home)
    {
        lock (_lock)
        {
            return _lone[home]!.Committed;
        }
    }

    internal nuint AlignmentOfLone(int home)
    {
        lock (_lock)
        {
            return _lone[home]!.Alignment;
        }
    }

    internal nuint GranulesOfLone(int home)
    {
        lock (_lock)
        {
            return _lone[home]!.Reserved >> Granule.Shift;
        }
    }

    // The smallest that is large enough, if it is not so large that most of it would be idle.
    private LoneBlock? TakeSpare(nuint bytes, nuint alignment)
    {
        LoneBlock? best = null;
        foreach (LoneBlock lone in _spareLone)
        {
            if (lone.Reserved >= bytes && lone.Reserved / 4 <= bytes && ((nuint)lone.Start & (alignment - 1)) == 0
                && (best is null || lone.Committed < best.Committed))
            {
                best = lone;
            }
        }

        if (best is null)
        {
            return null;
        }

        // Growing may trim what is spare, and this one must not be among it.
        _ = _spareLone.Remove(best);
        SpareBytes -= best.Committed;
        if (!TryResizeInPlace(best, bytes))
        {
            _spareLone.Add(best);
            SpareBytes += best.Committed;
            return null;
        }

        best.IsSpare = false;
        best.Alignment = nuint.Max(alignment, Granule.Bytes);
        return best;
    }

    private LoneBlock? Map(nuint bytes, nuint alignment)
    {
        nuint pages = ToPages(bytes);
        alignment = nuint.Max(alignment, Granule.Bytes);
        nuint reserved = Granule.CountFor(bytes + (bytes / 2)) << Granule.Shift;
        if (pages < bytes || reserved < bytes || !MayCommit(pages))
        {
            return null;
        }

        nint start = _memory.Reserve(reserved, alignment);
        bool malloced = start == 0;
        if (malloced)
        {
            reserved = Granule.CountFor(bytes) << Granule.Shift;
            start = reserved < bytes || !MayCommit(reserved) ? 0 : _memory.AllocateAligned(reserved, alignment);
        }

        var lone = new LoneBlock(FreeLoneId(), start, reserved) { IsMalloced = malloced, Alignment = alignment };
        if (start == 0)
        {
            return null;
        }

        if (!_map.Prepare(start, reserved) || (!malloced && !_memory.Commit(start, pages)))
        {
            _ = GiveUp(malloced ? ChunkKind.Malloced : ChunkKind.Reserved, start, reserved);
            return null;
        }

        lone.Committed = malloced ? reserved : pages;
        lone.Dirty = malloced ? reserved : 0;
        AddCommitted(lone.Committed);
        _lone[lone.Id] = lone;
        ReservedBytes += reserved;
        _changes.Grew(start, reserved);
        return lone;
    }

    private bool TryResizeInPlace(LoneBlock lone, nuint bytes)
    {
        nuint pages = ToPages(bytes);
        if (bytes > lone.Reserved || pages < bytes)
        {
            return false;
        }

        if (lone.IsMalloced)
        {
            return true;
        }

        if (pages > lone.Committed)
        {
            nuint more = pages - lone.Committed;
            if (!MayCommit(more) || !_memory.Commit(lone.Start + (nint)lone.Committed, more))
            {
                return false;
            }

            AddCommitted(more);
            lone.Committed = pages;
        }
        else if (pages < lone.Committed)
        {
            CutOff(lone, lone.Committed - pages);
        }

        return true;
    }

    private bool TryMove(LoneBlock lone, nuint bytes)
    {
        nuint pages = ToPages(bytes);
        nuint reserved = Granule.CountFor(bytes + (bytes / 2)) << Granule.Shift;
        if (lone.IsMalloced || pages < bytes || reserved < bytes || !MayCommit(pages - lone.Committed))
        {
            return false;
        }

        nuint alignment = lone.Alignment;
#if RM_MUTATIONS
        alignment = ArenaMutation.Is(ArenaMutation.MovedLoneMisaligned) ? Granule.Bytes : alignment;
#endif
        nint start = _memory.Reserve(reserved, alignment);
        if (start == 0)
        {
            return false;
        }

        if (!_map.Prepare(start, reserved) || !_memory.Move(lone.Start, lone.Reserved, lone.Committed, start, pages))
        {
            _ = _memory.Release(start, reserved);
            return false;
        }

        _changes.Grew(start, reserved);
        _changes.Shrank(lone.Start, lone.Reserved);
        _map.Set(lone.Start, lone.Reserved >> Granule.Shift, 0);
        ReservedBytes += reserved - lone.Reserved;
        AddCommitted(pages - lone.Committed);
        (lone.Start, lone.Reserved, lone.Committed) = (start, reserved, pages);
        return true;
    }

    // Gives the end of what is committed back. A refusal leaves it committed.
    private nuint CutOff(LoneBlock lone, nuint bytes)
    {
        if (lone.IsMalloced || !_memory.Decommit(lone.Start + (nint)(lone.Committed - bytes), bytes))
        {
            return 0;
        }

        lone.Committed -= bytes;
        lone.Dirty = nuint.Min(lone.Dirty, lone.Committed);
        _committed -= bytes;
        TrimmedBytes += bytes;
        return bytes;
    }

    private int FreeLoneId()
    {
        int id = _lone.IndexOf(null);
        if (id < 0)
        {
            id = _lone.Count;
            _lone.Add(null);
        }

        return id;
    }

    private nuint ToPages(nuint bytes) => (bytes + _page - 1) & ~(_page - 1);

    private bool MayCommit(nuint bytes) =>
#if RM_MUTATIONS
        ArenaMutation.Is(ArenaMutation.LimitIgnored) ||
#endif
        bytes <= _commitLimit && (_committed <= _commitLimit - bytes
            || (PurgeSpare(bytes) != 0 && _committed <= _commitLimit - bytes));
}
