namespace Rm.Arenas;

/// <summary>
/// Hands out blocks of an arena's memory under one policy. Mirrors the Memory Pool System's <c>mps_pool_t</c>; a class derived from
/// it is what is there called a pool class.
/// </summary>
/// <remarks>Thread rule: a pool belongs to one thread at a time and may be handed over between uses; its arena may be shared.</remarks>
public abstract class Pool : IDisposable
{
    private protected Pool(Arena arena, string? name)
    {
        Arena = arena;
        Name = name;
    }

    /// <summary>Where the pool's memory comes from.</summary>
    public Arena Arena { get; }

    /// <summary>The pool's name for messages and reports, or null.</summary>
    public string? Name { get; }

    /// <summary>Whether the pool was disposed.</summary>
    public abstract bool IsDisposed { get; }

    /// <summary>What the pool has and uses. O(1). Mirrors <c>mps_pool_total_size</c>, <c>mps_pool_free_size</c> and <c>rb_bh_usage</c>.</summary>
    public abstract PoolUsage Usage { get; }

    /// <summary>Whether an address, interior ones included, lies in memory of this pool. O(1), any address.</summary>
    /// <param name="address">Any address.</param>
    /// <returns>False for memory of others.</returns>
    public bool Contains(nint address) => ReferenceEquals(Arena.PoolOf(address), this);

    /// <summary>
    /// Gives memory that no block needs back to the arena's spare memory or to the system, in slices: whole free slabs, and free
    /// pages inside partly used ones. Mirrors balloc's <c>ballocHeapGarbage</c>.
    /// </summary>
    /// <param name="budget">The most bytes to give back; the next call goes on where this one stopped.</param>
    /// <returns>The bytes given back to the system; less than the budget when there was no more.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    public abstract long Trim(long budget = long.MaxValue);

    /// <summary>Checks every invariant of the pool. O(blocks). Mirrors ratbox's block heap checker.</summary>
    /// <exception cref="Violations.CorruptArenaException">One is broken.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    public abstract void Verify();

    /// <summary>Returns all the pool's memory to its arena; the blocks that live end with it. Does nothing the second time.</summary>
    /// <exception cref="Violations.CountedBlockException">A state counts blocks of this pool; nothing was changed.</exception>
    public abstract void Dispose();

    internal string NameForMessages => Name is null ? "this heap" : $"heap '{Name}'";

    internal void ThrowIfNull(nint block, string member)
    {
        if (block == 0)
        {
            throw new ArgumentNullException(nameof(block), $"{member} was given null: it needs the address of a block of {NameForMessages}.");
        }
    }

    /// <summary>Describes what the pool keeps at an address that the page map gives to it.</summary>
    internal abstract ArenaRange Describe(nint start, nuint bytes, nuint committed);

    /// <summary>Whether an address lies in a block that passed through to malloc.</summary>
    internal abstract bool HoldsPassedThrough(nint address);

    /// <summary>Makes sure that the pool may be disposed.</summary>
    /// <exception cref="Violations.CountedBlockException">A state counts blocks of this pool.</exception>
    internal abstract void ThrowIfCounted();

    /// <summary>The resident bytes of the pool's own tables, for the arena, which holds its lock.</summary>
    internal abstract nuint MeasureTables();
}
