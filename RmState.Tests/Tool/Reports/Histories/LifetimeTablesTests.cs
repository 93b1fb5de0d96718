using Rm.Tool.Reports.Histories;
using Rm.Tool.Reports.Models;

namespace Rm.Tests.Tool.Reports.Histories;

/// <summary>Lifetimes are sorted into rows that meet.</summary>
public sealed class LifetimeTablesTests
{
    [Fact]
    public void MedianAndPercentileAreOfTheSortedLifetimes()
    {
        LifetimeTable table = LifetimeTables.Of(TimeUnit.Events, [9, 1, 8, 2, 7, 3, 6, 4, 5, 10], neverReleased: 3);

        Assert.Equal((6, 10, 3), (table.Median, table.Percentile90, table.NeverReleased));
        Assert.Equal([(2.0, 1L), (4, 2), (8, 4), (16, 3)], table.Rows.Select(static r => (r.Below, r.Count)));
    }

    [Fact]
    public void RowsWithoutLifetimesStandBetween() =>
        Assert.Equal(
            [(2.0, 1L), (4, 0), (8, 0), (16, 1)],
            LifetimeTables.Of(TimeUnit.Events, [1, 8], neverReleased: 0).Rows.Select(static r => (r.Below, r.Count)));
}
