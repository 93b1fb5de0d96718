using Rm.Violations;

namespace Rm.Arenas;

// Totals, trimming, checking, ending.
public sealed unsafe partial class BlockHeap
{
    /// <inheritdoc/>
    public override bool IsDisposed => _disposed;

    /// <inheritdoc/>
    public override PoolUsage Usage => _passed is not null ? _passed.Usage : _disposed ? default : _store.Usage;

    /// <summary>Blocks the heap has, empty ones among them; in a pass-through arena, where there are none, its elements.</summary>
    public long Blocks => Usage.Slabs;

    /// <summary>
    /// Blocks without an element in use. At most <see cref="BlockHeapOptions.KeepEmptyBlocks"/>, and those that elements at hand hold
    /// until they are used again or trimmed.
    /// </summary>
    public long EmptyBlocks => _disposed ? 0 : _store.CountEmpty(_cache);

    /// <summary>
    /// Gives every empty block but <see cref="BlockHeapOptions.KeepEmptyBlocks"/> back to the arena's spare memory, and free pages
    /// inside the others, kept empty ones among them, to the system; where the heap has an arena of its own, its spare memory too.
    /// Mirrors <c>ballocHeapGarbage</c> and <c>rb_bh_gc</c>, for which one live element holds a whole block.
    /// </summary>
    /// <param name="budget">The most bytes to give back to the system, rounded up to a page; the next call goes on from there.</param>
    /// <returns>The bytes given back to the system; less than the budget when there was no more.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative.</exception>
    /// <exception cref="ConcurrentUseException">Another thread uses the heap just now.</exception>
    /// <exception cref="ObjectDisposedException">The heap was disposed.</exception>
    public override long Trim(long budget = long.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(budget);
        long operations = Begin();
        long done;
        try
        {
            done = _passed is null ? (long)_store.Trim((nuint)budget) : 0;
        }
        finally
        {
            End(operations, changed: true);
        }

        return _ownsArena && done < budget ? done + Arena.Trim(budget - done) : done;
    }

    /// <inheritdoc/>
    public override void Verify()
    {
        long operations = Begin();
        try
        {
            if (_store.FindBroken() is { } broken)
            {
                throw new CorruptArenaException(
                    $"{NameForMessages} is corrupt: {broken}. Native code wrote over its tables, or two threads used it at once.");
            }
        }
        finally
        {
            End(operations, changed: false);
        }
    }

    /// <summary>
    /// Gives all blocks back to the arena, and ends the arena if the heap made it; elements that live end, after
    /// <see cref="BlockHeapOptions.OnLeak"/> was told. Does nothing the second time. Mirrors <c>ballocHeapDestroy</c>.
    /// </summary>
    /// <exception cref="ConcurrentUseException">Another thread uses the heap just now.</exception>
    public override void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        ThrowIfCounted();
        _ = Begin();
        _disposed = true;
        _passed?.FreeAll();
        _store.Close();
        Arena.Unregister(_tag);
        if (_ownsArena)
        {
            Arena.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    // The arena asks all its pools before it ends the first; none is told twice of the same.
    internal override void ThrowIfCounted()
    {
        if (_disposed || _onLeak is null || Usage.LiveBlocks == 0 || _leakTold == _tables->Operations)
        {
            return;
        }

        _onLeak(this);
        _leakTold = _tables->Operations;
    }

    internal override ArenaRange Describe(nint start, nuint bytes, nuint committed) => _store.Describe(this, start, bytes, committed);

    internal override bool HoldsPassedThrough(nint address) => _passed is not null && _passed.Holds(address);

    internal override nuint MeasureTables() => _store.MeasureTables(Arena.Memory);
}
