namespace Rm.Arenas;

// Committed memory that no pool has: how much of it is kept, and how the rest goes back to the system.
public sealed partial class Arena
{
    // The most that an operation gives back on the way, and the size of the system calls that Trim makes.
    private const nuint Slice = 1 << 20;

    // Below this, spare memory is not worth a system call, unless none shall be kept at all.
    private const nuint LeastSpare = 1 << 18;

    private readonly TimeProvider _clock;
    private nuint _commitLimit;
    private double _spareFraction;
    private nuint _committed;
    private nuint _peakCommitted;
    private long _operations;
    private long _lastTrim;

    /// <summary>Address space held, in bytes, regions included. Mirrors <c>mps_arena_reserved</c>.</summary>
    public nuint ReservedBytes { get; private set; }

    /// <summary>Memory that may be resident, in bytes: what pools have, and what is spare. Mirrors <c>mps_arena_committed</c>.</summary>
    public nuint CommittedBytes => _committed;

    /// <summary>Committed memory that no pool has, in bytes. Mirrors <c>mps_arena_spare_committed</c>.</summary>
    public nuint SpareBytes { get; private set; }

    /// <summary>The most bytes that may be committed at once. Mirrors <c>mps_arena_commit_limit_set</c>.</summary>
    /// <exception cref="InvalidOperationException">More is in use; the limit is unchanged, but spare memory has gone back.</exception>
    public nuint CommitLimit
    {
        get => _commitLimit;
        set
        {
            ArenaChanges changes;
            nuint used;
            bool possible;
            lock (_lock)
            {
                if (_committed > value)
                {
                    _ = PurgeSpare(_committed - value);
                }

                possible = _committed <= value;
                _commitLimit = possible ? value : _commitLimit;
                used = _committed - SpareBytes;
                changes = TakeChanges();
            }

            changes.Announce(this);
            if (!possible)
            {
                throw new InvalidOperationException(
                    $"{used} bytes are in use, so the commit limit cannot be {value}. Free blocks and trim their pools first.");
            }
        }
    }

    /// <summary>How much of the committed memory may be spare, 0 to 1. Mirrors <c>mps_arena_spare_set</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not 0 to 1.</exception>
    /// <remarks>A smaller value takes effect in slices, with the operations that follow or with <see cref="Trim"/>.</remarks>
    public double SpareFraction
    {
        get => _spareFraction;
        set
        {
            ArenaOptions.ValidateFraction(value, nameof(SpareFraction));
            _spareFraction = value;
        }
    }

    private nuint TrimmedBytes { get; set; }

    /// <summary>
    /// Gives spare memory back to the system, up to a budget, highest addresses first. Memory that pools hold on to goes back with
    /// <see cref="Pool.Trim"/>, on the pool's own thread.
    /// </summary>
    /// <param name="budget">The most bytes to give back; those of one granule of 64 KiB go together. The next call goes on where this one stopped.</param>
    /// <returns>The bytes given back; less than the budget when there is no more.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    /// <remarks>About 30 µs per MiB. Other threads that need the arena wait for at most one slice of 1 MiB.</remarks>
    public long Trim(long budget = long.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(budget);
        nuint wanted = (nuint)budget;
        nuint done = 0;
        nuint slice;
        do
        {
            ArenaChanges changes;
            lock (_lock)
            {
                ThrowIfDisposed();
                slice = TrimSlice(nuint.Min(Slice, wanted - done));
                changes = TakeChanges();
            }

            changes.Announce(this);
            done += slice;
        }
        while (slice != 0 && done < wanted);

        lock (_lock)
        {
            _lastTrim = _clock.GetTimestamp();
            if (done < wanted)
            {
                done += _metadata.Trim(wanted - done);
            }
        }

        return (long)done;
    }

    /// <summary>Counts a block that passes through to malloc.</summary>
    /// <returns>False when the commit limit is reached.</returns>
    internal bool TryPass(nuint bytes)
    {
        lock (_lock)
        {
            if (!MayCommit(bytes))
            {
                return false;
            }

            AddCommitted(bytes);
            return true;
        }
    }

    internal void Unpass(nuint bytes)
    {
        lock (_lock)
        {
            _committed -= bytes;
        }
    }

    // Runs at the end of every operation of a pool: what is spare beyond the fraction goes back, a slice at a time.
    private void Maintain(nuint incoming)
    {
        nuint least = _spareFraction > 0 ? LeastSpare : 0;
        nuint allowed = nuint.Max(least, (nuint)(_committed * _spareFraction));
        if (SpareBytes > allowed)
        {
            // What goes was committed, so with it goes a part of what is allowed.
            var excess = (nuint)((SpareBytes - allowed) / (1 - _spareFraction));

            // Who brings more than a slice takes more than one away, or repeated large blocks would pile up.
            _ = TrimUpTo(nuint.Min(nuint.Min(excess, SpareBytes - least), nuint.Max(Slice, incoming)));
        }

        if (IsTrimDue())
        {
            _ = TrimSlice(Slice);
        }
    }

    private bool IsTrimDue()
    {
        _operations++;
        bool due = _options.TrimEvery != 0 && _operations % _options.TrimEvery == 0;
        if (_options.TrimInterval != TimeSpan.Zero && _clock.GetElapsedTime(_lastTrim) >= _options.TrimInterval)
        {
            _lastTrim = _clock.GetTimestamp();
            due = true;
        }

        return due;
    }

    private nuint TrimUpTo(nuint bytes)
    {
        nuint done = 0;
        while (done < bytes)
        {
            nuint slice = TrimSlice(nuint.Min(Slice, bytes - done));
            if (slice == 0)
            {
                break;
            }

            done += slice;
        }

        return done;
    }

    /// <summary>Gives all that is needed back at once, for want of memory.</summary>
    private nuint PurgeSpare(nuint bytes) => TrimUpTo(bytes);

    private nuint TrimSlice(nuint budget)
    {
        nuint done = TrimLone(budget);
        for (int i = _chunks.Count - 1; i >= 0 && done < budget; i--)
        {
            done += TrimChunk(_chunks[i], budget - done);
        }

        return done;
    }

    // The oldest first. What the system refuses to take stays spare, and does not keep the others.
    private nuint TrimLone(nuint budget)
    {
        nuint done = 0;
        for (int i = 0; i < _spareLone.Count && done < budget;)
        {
            LoneBlock lone = _spareLone[i];
            nuint part = nuint.Min(lone.Committed, ToPages(budget - done));
            bool whole = lone.IsMalloced || part == lone.Committed;
            nuint given = whole ? Unmap(lone) : CutOff(lone, part);
            SpareBytes -= given;
            done += given;
            i += given == 0 ? 1 : 0;
        }

        return done;
    }

    // What is still committed goes with the mapping.
    private nuint Unmap(LoneBlock lone)
    {
        if (!GiveUp(lone.IsMalloced ? ChunkKind.Malloced : ChunkKind.Reserved, lone.Start, lone.Reserved))
        {
            return 0;
        }

        _changes.Shrank(lone.Start, lone.Reserved);
        _ = _spareLone.Remove(lone);
        _lone[lone.Id] = null;
        _committed -= lone.Committed;
        TrimmedBytes += lone.Committed;
        ReservedBytes -= lone.Reserved;
        return lone.Committed;
    }

    private nuint TrimChunk(Chunk chunk, nuint budget)
    {
        if (chunk.Kind != ChunkKind.Reserved)
        {
            return 0;
        }

        nuint done = 0;
        for (int granule = chunk.LastSpareBelow(chunk.Granules); granule >= 0 && done < budget; granule = chunk.LastSpareBelow(granule))
        {
            // Neighbours go in one call.
            int first = granule;
            nuint bytes = CommittedIn(chunk, granule, 1);
            while (first > 0 && chunk.LastSpareBelow(first) == first - 1 && done + bytes < budget)
            {
                first--;
                bytes += CommittedIn(chunk, first, 1);
            }

            nuint given = Decommit(chunk, chunk.AddressOf(first), (nuint)(granule - first + 1) << Granule.Shift);
            if (given == 0)
            {
                break;
            }

            SpareBytes -= given;
            done += given;
            granule = first;
        }

        return done;
    }

    private void AddCommitted(nuint bytes)
    {
        _committed += bytes;
        _peakCommitted = nuint.Max(_peakCommitted, _committed);
    }
}
