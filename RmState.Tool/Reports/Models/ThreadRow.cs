namespace Rm.Tool.Reports.Models;

/// <summary>What a thread did.</summary>
internal sealed record ThreadRow
{
    /// <summary>Untrusted text.</summary>
    public required string Name { get; init; }

    /// <summary>Heap calls.</summary>
    public long Events { get; init; }

    public long Allocations { get; init; }

    public UInt128 AllocatedBytes { get; init; }

    /// <summary>Released blocks, those of a reallocation too.</summary>
    public long Releases { get; init; }

    /// <summary>Of <see cref="Releases"/> those of blocks that another thread allocated.</summary>
    public long ForeignReleases { get; init; }
}
