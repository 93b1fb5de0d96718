namespace Rm.Tool.Reports.Models;

/// <summary>All that a report shows, whatever it was read from. What a source does not know is null and left out of the page.</summary>
internal sealed record ReportModel
{
    /// <summary>What the heap is called: untrusted text.</summary>
    public required string Name { get; init; }

    /// <summary>What was read, in a few words: "recorded heap trace".</summary>
    public required string Kind { get; init; }

    public required HeapTotals Totals { get; init; }

    /// <summary>What <see cref="SeriesPoint.Time"/> and ages are counted in.</summary>
    public required TimeAxis Axis { get; init; }

    /// <summary>Live memory over time.</summary>
    public LiveSeries? Live { get; init; }

    /// <summary>Allocations by size.</summary>
    public IReadOnlyList<SizeRow>? Sizes { get; init; }

    public LifetimeTable? Lifetimes { get; init; }

    public IReadOnlyList<ThreadRow>? Threads { get; init; }

    /// <summary>Who holds the memory.</summary>
    public required HolderTree Holders { get; init; }

    /// <summary>Where the blocks stand; null where that is unknown.</summary>
    public HeapMap? Map { get; init; }

    /// <summary>Why there is no <see cref="Map"/>, as a sentence.</summary>
    public string? MapAbsence { get; init; }

    /// <summary>What is live at the end.</summary>
    public required LeakTable Leaks { get; init; }
}
