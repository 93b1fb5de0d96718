using Rm.Memory;

namespace Rm.Diagnostics;

/// <summary>How a <see cref="GuardedAllocator"/> is made. Every property has a default; the object may be reused.</summary>
public sealed class GuardedAllocatorOptions
{
    /// <summary>
    /// The most that <see cref="MaxBlocks"/> can be: a guarded block takes up to three of the 65,530 mappings that Linux grants a
    /// process, and the process has others.
    /// </summary>
    public const int MaxBlocksLimit = 8192;

    /// <summary>
    /// One block in how many is guarded, drawn pseudo-randomly: 1 (the default) guards every one; 1000 or more suits production.
    /// </summary>
    public int SampleOneIn { get; init; } = 1;

    /// <summary>What <see cref="SampleOneIn"/> draws with; null (the default) is different in every allocator.</summary>
    public int? Seed { get; init; }

    /// <summary>
    /// How many blocks are guarded at once, freed ones in quarantine included: 1 to <see cref="MaxBlocksLimit"/>, the default.
    /// </summary>
    public int MaxBlocks { get; init; } = MaxBlocksLimit;

    /// <summary>Where the blocks come from that are not guarded; null (the default) is malloc.</summary>
    public INativeAllocator? Inner { get; init; }

    /// <summary>
    /// Whether the inaccessible page lies directly before a block, for underruns. By default it lies directly behind the block,
    /// for overruns; on the other side the nearest page boundary is up to a page away, and the bytes up to it are checked when the
    /// block is freed.
    /// </summary>
    public bool GuardBefore { get; init; }

    /// <summary>
    /// A file that shows the guarded blocks to <c>rmstate explain</c> while the process runs and after it crashed; null (the default)
    /// for none. A file of that name is replaced; disposing the allocator deletes it.
    /// </summary>
    public string? MapFile { get; init; }

    /// <summary>Where pages come from; tests make it fail.</summary>
    internal IVirtualMemory? Memory { get; init; }

    internal void Validate()
    {
        if (SampleOneIn < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(SampleOneIn), SampleOneIn, "One block in 1 (every one) or more is guarded.");
        }

        if (MaxBlocks is < 1 or > MaxBlocksLimit)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxBlocks), MaxBlocks, $"1 to {MaxBlocksLimit} blocks can be guarded at once; the system limits a process's mappings.");
        }

        if (MapFile is not null && string.IsNullOrWhiteSpace(MapFile))
        {
            throw new ArgumentException("A map file has a name; null is for none.", nameof(MapFile));
        }
    }
}
