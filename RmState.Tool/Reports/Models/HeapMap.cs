using Rm.Tool.Replay;

namespace Rm.Tool.Reports.Models;

/// <summary>Where blocks stand in memory at one moment.</summary>
internal sealed record HeapMap
{
    /// <summary>The moment in words: "at the peak of live bytes".</summary>
    public required string Moment { get; init; }

    /// <summary>A sentence that says whose addresses these are.</summary>
    public required string Origin { get; init; }

    /// <summary>In the order of addresses.</summary>
    public required IReadOnlyList<HeapRange> Ranges { get; init; }
}
