namespace Rm.Tool.Reports.Models;

/// <summary>Blocks of one group that are live at the end.</summary>
internal sealed record LeakGroup
{
    /// <summary>Untrusted text.</summary>
    public required string Name { get; init; }

    public required long Blocks { get; init; }

    public required long Bytes { get; init; }

    public required long LargestBytes { get; init; }

    /// <summary>How long before the end the newest was allocated, in the report's time; null where that is unknown of all.</summary>
    public double? NewestAge { get; init; }

    /// <summary>How long before the end the oldest was allocated, in the report's time; null where that is unknown of all.</summary>
    public double? OldestAge { get; init; }
}
