using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Pages;

/// <summary>Live memory over time in few rows.</summary>
internal static class LiveRows
{
    private const int Rows = 20;

    /// <summary>The rows: from, to, and the least and the most between of bytes and of blocks.</summary>
    public static IEnumerable<string[]> Of(LiveSeries live, TimeAxis axis)
    {
        (long Least, long Most)?[] bytes = Between(live.Bytes, axis.Length);
        (long Least, long Most)?[] blocks = Between(live.Blocks, axis.Length);
        for (int row = 0; row < Rows; row++)
        {
            if (bytes[row] is { } b && blocks[row] is { } n)
            {
                yield return
                [
                    Quantity.Moment(axis.Length * row / Rows, axis.Unit),
                    Quantity.Moment(axis.Length * (row + 1) / Rows, axis.Unit),
                    Quantity.Bytes(b.Least), Quantity.Bytes(b.Most), Quantity.Count(n.Least), Quantity.Count(n.Most),
                ];
            }
        }
    }

    // The end of the run belongs to the last row.
    private static (long Least, long Most)?[] Between(IReadOnlyList<SeriesPoint> points, double length)
    {
        var rows = new (long Least, long Most)?[Rows];
        foreach (SeriesPoint point in points)
        {
            int row = length > 0 ? Math.Min(Rows - 1, (int)(point.Time / length * Rows)) : 0;
            (long least, long most) = rows[row] ?? (point.Value, point.Value);
            rows[row] = (Math.Min(least, point.Value), Math.Max(most, point.Value));
        }

        return rows;
    }
}
