namespace Rm.Arenas;

/// <summary>The totals of an arena over all its pools. All sizes are in bytes.</summary>
public readonly record struct ArenaStatistics
{
    /// <summary>Address space held.</summary>
    public required nuint ReservedBytes { get; init; }

    /// <summary>Memory that may be resident: what pools have and what is spare.</summary>
    public required nuint CommittedBytes { get; init; }

    /// <summary>The most that was ever committed.</summary>
    public required nuint PeakCommittedBytes { get; init; }

    /// <summary>Committed memory that no pool has.</summary>
    public required nuint SpareBytes { get; init; }

    /// <summary>The arena's own tables, not counted elsewhere.</summary>
    public required nuint MetadataBytes { get; init; }

    /// <summary>Given back to the system since the arena was made.</summary>
    public required nuint TrimmedBytes { get; init; }

    /// <summary>Chunks of address space.</summary>
    public required int Chunks { get; init; }

    /// <summary>Pools that were not disposed.</summary>
    public required int Pools { get; init; }

    /// <summary>Blocks that live in all pools. Pools in use by other threads count as of a moment ago.</summary>
    public required long LiveBlocks { get; init; }

    /// <summary>Their bytes.</summary>
    public required nuint LiveBytes { get; init; }
}
