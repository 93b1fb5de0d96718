using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Pages;

/// <summary>A chart of bars.</summary>
/// <param name="Names">By bar: what it is; untrusted text.</param>
/// <param name="Series">The names of the values, by series.</param>
/// <param name="Values">By series: the value of each bar.</param>
internal sealed record BarData(IReadOnlyList<string> Names, IReadOnlyList<string> Series, double[][] Values)
{
    // More bars would be no picture; the table beside has more.
    private const int MostLeaks = 16;

    /// <summary>How many there are of each size.</summary>
    /// <param name="rows">The sizes.</param>
    /// <param name="counted">What has them: "allocations".</param>
    public static BarData OfSizes(IReadOnlyList<SizeRow> rows, string counted) => new(
        [.. rows.Select(static r => r.Group.Name)],
        [counted, "bytes"],
        [[.. rows.Select(static r => (double)r.Count)], [.. rows.Select(static r => (double)r.Bytes)]]);

    public static BarData OfLifetimes(LifetimeTable table) => new(
        [.. LifetimeText.Names(table), "not released"],
        ["blocks"],
        [[.. table.Rows.Select(static r => (double)r.Count), table.NeverReleased]]);

    public static BarData OfThreads(IReadOnlyList<ThreadRow> rows) => new(
        [.. rows.Select(static r => r.Name)],
        ["allocations", "releases of its own blocks", "releases of other threads' blocks"],
        [
            [.. rows.Select(static r => (double)r.Allocations)],
            [.. rows.Select(static r => (double)(r.Releases - r.ForeignReleases))],
            [.. rows.Select(static r => (double)r.ForeignReleases)],
        ]);

    public static BarData OfLeaks(LeakTable table)
    {
        LeakGroup[] shown = [.. table.Groups.Take(MostLeaks)];
        return new(
            [.. shown.Select(static g => g.Name)],
            ["bytes", "blocks"],
            [[.. shown.Select(static g => (double)g.Bytes)], [.. shown.Select(static g => (double)g.Blocks)]]);
    }
}
