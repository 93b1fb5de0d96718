namespace Rm;

/// <summary>A snapshot of a state's always-on counters. Taking one costs O(1) and allocates nothing.</summary>
/// <remarks>
/// At any time <c>sum of live counts = Allocations + Attaches + Retains − Releases − ReferencesDropped</c>, and
/// <c>LiveBlocks = Allocations + Attaches − Frees − Detaches − Abandoned</c>; <see cref="RmState.Verify"/> checks both.
/// </remarks>
public readonly record struct RmStatistics
{
    /// <summary>Blocks tracked now.</summary>
    public long LiveBlocks { get; init; }

    /// <summary>Most blocks ever tracked at once.</summary>
    public long PeakBlocks { get; init; }

    /// <summary>Bytes of the tracked blocks whose size is known, as asked for.</summary>
    public long LiveBytes { get; init; }

    /// <summary>Most known bytes ever tracked at once.</summary>
    public long PeakBytes { get; init; }

    /// <summary>Blocks allocated by RmMalloc, RmCalloc, RmAlignedAlloc and RmRealloc of null.</summary>
    public long Allocations { get; init; }

    /// <summary>Blocks resized by RmRealloc.</summary>
    public long Reallocations { get; init; }

    /// <summary>Blocks attached, or received from another state.</summary>
    public long Attaches { get; init; }

    /// <summary>References added by RmRetain and RmAttachOrRetain; of a block received from another state, all but one.</summary>
    public long Retains { get; init; }

    /// <summary>References given back by RmRelease.</summary>
    public long Releases { get; init; }

    /// <summary>Blocks detached, or handed over.</summary>
    public long Detaches { get; init; }

    /// <summary>Blocks deallocated: by the last release, or by Reset.</summary>
    public long Frees { get; init; }

    /// <summary>Entries given up because their address was handed out again, or left alone by an abandoning Reset.</summary>
    public long Abandoned { get; init; }

    /// <summary>References that ended otherwise than by a release: with a detach, a hand-over, a Reset, or an abandoned entry.</summary>
    public long ReferencesDropped { get; init; }

    /// <summary>Violations thrown or reported, the false results of Try… forms not counted.</summary>
    public long Violations { get; init; }

    /// <summary>Bytes of freed blocks kept for the next allocations; see <see cref="RmStateOptions.KeepsSpareBlocks"/>.</summary>
    public long SpareBytes { get; init; }

    /// <summary>Slots of the table.</summary>
    public long Capacity { get; init; }

    /// <summary>Slots that hold dead entries, waiting to be swept or to be found again.</summary>
    public long DeadSlots { get; init; }

    /// <summary>Native bytes the table holds: slots, sizes, side records, sites, holders, and tables being given back.</summary>
    public long TableBytes { get; init; }

    /// <summary>Slots moved so far by growing and shrinking.</summary>
    public long SlotsMoved { get; init; }

    /// <summary>Table bytes returned to the operating system so far.</summary>
    public long BytesUnmapped { get; init; }
}
