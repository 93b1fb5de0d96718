namespace Rm.Tool.Reports.Models;

/// <summary>How long blocks lived that were released.</summary>
internal sealed record LifetimeTable
{
    public required TimeUnit Unit { get; init; }

    /// <summary>From the shortest on, without gaps.</summary>
    public required IReadOnlyList<LifetimeRow> Rows { get; init; }

    /// <summary>Half of the released blocks lived as long, or longer; null when none was released.</summary>
    public double? Median { get; init; }

    /// <summary>A tenth of the released blocks lived as long, or longer.</summary>
    public double? Percentile90 { get; init; }

    /// <summary>Blocks that were not released.</summary>
    public required long NeverReleased { get; init; }
}
