namespace Rm.Fuzz.Models;

/// <summary>What <see cref="RmStatistics"/> should say, as far as it does not depend on the table's layout.</summary>
internal sealed class ModelTotals
{
    public long LiveBlocks { get; set; }

    public long PeakBlocks { get; set; }

    public long LiveBytes { get; set; }

    public long PeakBytes { get; set; }

    public long Allocations { get; set; }

    public long Reallocations { get; set; }

    public long Attaches { get; set; }

    public long Retains { get; set; }

    public long Releases { get; set; }

    public long Detaches { get; set; }

    public long Frees { get; set; }

    public long Abandoned { get; set; }

    public long ReferencesDropped { get; set; }

    public long Violations { get; set; }

    public void NotePeak()
    {
        PeakBlocks = Math.Max(PeakBlocks, LiveBlocks);
        PeakBytes = Math.Max(PeakBytes, LiveBytes);
    }

    /// <summary>The first counter that differs, or null.</summary>
    public string? Difference(in RmStatistics actual) =>
        Differs("LiveBlocks", LiveBlocks, actual.LiveBlocks)
        ?? Differs("LiveBytes", LiveBytes, actual.LiveBytes)
        ?? Differs("Allocations", Allocations, actual.Allocations)
        ?? Differs("Reallocations", Reallocations, actual.Reallocations)
        ?? Differs("Attaches", Attaches, actual.Attaches)
        ?? Differs("Retains", Retains, actual.Retains)
        ?? Differs("Releases", Releases, actual.Releases)
        ?? Differs("Detaches", Detaches, actual.Detaches)
        ?? Differs("Frees", Frees, actual.Frees)
        ?? Differs("Abandoned", Abandoned, actual.Abandoned)
        ?? Differs("ReferencesDropped", ReferencesDropped, actual.ReferencesDropped)
        ?? Differs("Violations", Violations, actual.Violations)
        ?? Differs("PeakBlocks", PeakBlocks, actual.PeakBlocks)
        ?? Differs("PeakBytes", PeakBytes, actual.PeakBytes);

    private static string? Differs(string name, long expected, long actual) =>
        expected == actual ? null : $"{name} is {actual}, the model says {expected}";
}
