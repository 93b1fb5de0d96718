using Rm.Tool.Maps;
using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Histories;

/// <summary>Counts allocations by size.</summary>
internal sealed class SizeCounts
{
    private readonly SizeRow[] _rows = [.. SizeGroup.All.Select(static g => new SizeRow(g, 0, 0))];

    /// <summary>The bytes of all of them.</summary>
    public UInt128 Bytes { get; private set; }

    /// <summary>From the smallest group met to the largest, without gaps.</summary>
    public IReadOnlyList<SizeRow> Rows
    {
        get
        {
            int first = Array.FindIndex(_rows, static r => r.Count > 0);
            return first < 0 ? [] : _rows[first..(Array.FindLastIndex(_rows, static r => r.Count > 0) + 1)];
        }
    }

    public void Add(long size)
    {
        ref SizeRow row = ref _rows[SizeGroup.Of(size).Index];
        row = row with { Count = row.Count + 1, Bytes = row.Bytes + (UInt128)size };
        Bytes += (UInt128)size;
    }
}
