using Rm.Memory;

namespace Rm.Diagnostics;

/// <summary>How a <see cref="RedZoneAllocator"/> is made. Every property has a default; the object may be reused.</summary>
public sealed class RedZoneAllocatorOptions
{
    private const int MinZoneBytes = 16;
    private const int MaxZoneBytes = 4096;
    private const int MaxQuarantineBlocks = 1 << 20;

    /// <summary>
    /// Bytes of the zone before and of the zone behind each block: a multiple of 16, 16 (the default) to 4096. Before a block with a larger
    /// alignment the zone is as large as that needs.
    /// </summary>
    public int ZoneBytes { get; init; } = MinZoneBytes;

    /// <summary>How many freed blocks wait at most: 0 (none) to 1,048,576; the default is 1024.</summary>
    public int QuarantineBlocks { get; init; } = 1024;

    /// <summary>How many bytes freed blocks that wait may have in all; the default is 16 MiB. A larger block does not wait.</summary>
    public nuint QuarantineBytes { get; init; } = 16 << 20;

    /// <summary>Where the memory comes from; null (the default) is malloc.</summary>
    public INativeAllocator? Inner { get; init; }

    internal void Validate()
    {
        if (ZoneBytes is < MinZoneBytes or > MaxZoneBytes || ZoneBytes % MinZoneBytes != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(ZoneBytes), ZoneBytes, $"A zone has {MinZoneBytes} to {MaxZoneBytes} bytes, a multiple of {MinZoneBytes}.");
        }

        if (QuarantineBlocks is < 0 or > MaxQuarantineBlocks)
        {
            throw new ArgumentOutOfRangeException(
                nameof(QuarantineBlocks), QuarantineBlocks, $"0 (none) to {MaxQuarantineBlocks} freed blocks can wait.");
        }
    }
}
