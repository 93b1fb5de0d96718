namespace Rm.Arenas;

// Committed memory that no pool has: how much of it is kept, and how the rest goes back to the system.
public sealed partial class Arena
{
    // The most that an operation gives back on the way, and the size of the system calls that Trim makes.
    private const nuint Slice = 1 << 20;

    // Below this, spare memory is not worth a system call.
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
            lock (_lock)
            {
                if (_committed > value)
                {
                    _ = PurgeSpare(_committed - value);
                }

                if (_committed > value)
                {
                    throw new InvalidOperationException(
                        $"{_committed - SpareBytes} bytes are in use, so the commit limit cannot be {value}. Free blocks and trim their pools first.");
                }

                _commitLimit = value;
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
    /// <param name="budget">The most bytes to give back, rounded up to a whole page; the next call goes on where this one stopped.</param>
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
            if (slice == 0)
            {
                done += _metadata.Trim();
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
        nuint allowed = nuint.Max(LeastSpare, (nuint)(_committed * _spareFraction));
        if (SpareBytes > allowed)
        {
            // Who brings more than a slice takes more than one away, or repeated large blocks would pile up.
            _ = TrimUpTo(nuint.Min(SpareBytes - allowed, nuint.Max(Slice, incoming)));
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

    private nuint TrimLone(nuint budget)
    {
        nuint done = 0;
        while (done < budget && _spareLone.Count > 0)
        {
            LoneBlock lone = _spareLone[0];
            nuint part = nuint.Min(lone.Committed, ToPages(budget - done));
            bool whole = lone.IsMalloced || part == lone.Committed;
            nuint cut = whole ? part : CutOff(lone, part);
            if (cut == 0 && lone.Committed != 0)
            {
                break;
            }

            SpareBytes -= cut;
            done += cut;
            if (whole)
            {
                // What is left goes with the mapping.
                nuint rest = lone.IsMalloced ? lone.Committed : cut;
                SpareBytes -= rest - cut;
                done += rest - cut;
                _committed -= rest;
                TrimmedBytes += rest;
                Unmap(lone);
                ReservedBytes -= lone.Reserved;
                _lone[lone.Id] = null;
                _spareLone.RemoveAt(0);
            }
        }

        return done;
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
