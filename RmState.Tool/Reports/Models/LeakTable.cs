namespace Rm.Tool.Reports.Models;

/// <summary>What is live at the end, in groups.</summary>
internal sealed record LeakTable
{
    /// <summary>What a group is: "site", "size".</summary>
    public required string GroupedBy { get; init; }

    /// <summary>The one with the most bytes first.</summary>
    public required IReadOnlyList<LeakGroup> Groups { get; init; }

    /// <summary>Whether ages are in the report's time; else they are unknown.</summary>
    public required bool HasAges { get; init; }
}
