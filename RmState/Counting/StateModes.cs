namespace Rm.Counting;

/// <summary>Why the fast paths of a state are closed, in whole or for allocation.</summary>
[Flags]
internal enum StateModes : uint
{
    None = 0,

    /// <summary>The table was not made yet.</summary>
    Unbuilt = 1,

    /// <summary>Entries move between two tables, or an old table is being given back: every operation does a slice.</summary>
    Working = 2,

    /// <summary>Something observes every operation.</summary>
    Observed = 4,

    /// <summary>The state was disposed.</summary>
    Disposed = 8,

    /// <summary>All blocks are being ended: their deallocators may release, but nothing new may come.</summary>
    Ending = 32,

    /// <summary>The modes above close every fast path: lookups meet <see cref="StateHeader.Closed"/>.</summary>
    Closing = Unbuilt | Working | Disposed | Ending,

    /// <summary>The allocator is not malloc: only the fast paths of allocating and freeing are closed.</summary>
    SlowAllocation = 16,

    /// <summary>The sites of every operation are recorded.</summary>
    Sited = 64,

    /// <summary>The last operations of every block are recorded; sites too then.</summary>
    Historied = 128,

    /// <summary>The modes that want to know of every operation: after it, so the fast paths of retaining and releasing stay open.</summary>
#if RM_HOOKLESS
    Noted = None,
#else
    Noted = Observed | Sited | Historied,
#endif
}
