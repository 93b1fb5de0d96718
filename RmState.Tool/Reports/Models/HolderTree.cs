namespace Rm.Tool.Reports.Models;

/// <summary>The memory live at one moment, split by who holds it.</summary>
internal sealed record HolderTree
{
    /// <summary>The moment in words: "at the peak of live bytes".</summary>
    public required string Moment { get; init; }

    /// <summary>What each level of the tree is, from the top: "file", "line", "kind".</summary>
    public required IReadOnlyList<string> Levels { get; init; }

    /// <summary>A sentence on what is missing; null for nothing.</summary>
    public string? Note { get; init; }

    public required HolderNode Root { get; init; }
}
