using System.Runtime.InteropServices;
using Rm.Counting;

namespace Rm.Tests.Faults;

/// <summary>Table memory from calloc that knows every area it gave out, checks how areas come back, and fails on demand.</summary>
internal sealed unsafe class CountingTableMemory(FaultPlan? faults = null) : ITableMemory
{
    private const nuint Alignment = 64;

    private readonly Dictionary<nint, (nuint Taken, nuint Held)> _areas = [];
    private readonly List<string> _misuses = [];

    public int Outstanding => _areas.Count;

    /// <summary>The areas held, in the order in which they were taken.</summary>
    public IEnumerable<(nint Start, nuint Bytes)> Areas => _areas.Select(a => (a.Key, a.Value.Taken));

    public nint Take(nuint bytes)
    {
        if (faults?.Refuses() ?? false)
        {
            return 0;
        }

        void* area = NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(area, bytes);
        _areas.Add((nint)area, (bytes, bytes));
        return (nint)area;
    }

    public nuint GiveBack(nint start, nuint bytes, nuint taken, nuint limit)
    {
        if (!_areas.TryGetValue(start, out (nuint Taken, nuint Held) area) || area != (taken, bytes))
        {
            _misuses.Add($"area 0x{start:x} given back as ({taken}, {bytes}), held: {area}");
            return 0;
        }

        // calloc cannot return a part; the area goes when its last bytes do, and until then only shrinks on paper.
        nuint left = bytes > limit ? bytes - limit : 0;
        _areas[start] = (taken, left);
        if (left == 0)
        {
            _areas.Remove(start);
            NativeMemory.AlignedFree((void*)start);
        }

        return left;
    }

    public string? Complaint() => (_areas.Count, _misuses.Count) switch
    {
        (0, 0) => null,
        _ => $"{_areas.Count} areas of the table were not given back; misuses: {string.Join("; ", _misuses.DefaultIfEmpty("none"))}",
    };
}
