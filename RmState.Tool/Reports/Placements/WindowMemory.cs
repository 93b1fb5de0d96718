using Rm.Memory;

namespace Rm.Tool.Reports.Placements;

/// <summary>
/// Virtual memory out of one reservation, the lowest place that fits: where things stand in it is the same in every run, which
/// the system's own choice of addresses is not.
/// </summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class WindowMemory : IVirtualMemory, IDisposable
{
    private const nuint Alignment = 1 << 30;
    private const ulong Largest = 1UL << 40;
    private const nuint Smallest = 1 << 30;

    // In the order of addresses, with neither neighbours nor empty ones.
    private readonly List<(nint Start, nint End)> _holes = [];
    private readonly nuint _bytes;

    /// <summary>Reserves the window: a tebibyte, or what there is.</summary>
    public WindowMemory()
    {
        for (nuint bytes = (nuint)Math.Min(Largest, nuint.MaxValue / 2); Start == 0 && bytes >= Smallest; bytes /= 2)
        {
            Start = VirtualMemory.Reserve(bytes, Alignment);
            _bytes = bytes;
        }

        if (Start != 0)
        {
            _holes.Add((Start, Start + (nint)_bytes));
        }
    }

    /// <summary>Where the window begins; 0 when the system refused it.</summary>
    public nint Start { get; private set; }

    public nuint PageSize => VirtualMemory.PageSize;

    public bool DecommitClosesPages => OperatingSystem.IsWindows();

    public nint Reserve(nuint bytes, nuint alignment)
    {
        nint unit = (nint)nuint.Max(alignment, PageSize);
        for (int i = 0; i < _holes.Count; i++)
        {
            (nint start, nint end) = _holes[i];
            nint from = (start + unit - 1) & -unit;
            if (from < end && RoundUp(bytes) <= (nuint)(end - from))
            {
                Take(i, from, from + (nint)RoundUp(bytes));
                return from;
            }
        }

        return 0;
    }

    public bool Commit(nint start, nuint bytes) => VirtualMemory.Commit(start, bytes);

    public bool Decommit(nint start, nuint bytes) => VirtualMemory.Decommit(start, bytes);

    public bool Close(nint start, nuint bytes) => VirtualMemory.Close(start, bytes);

    public bool Release(nint start, nuint bytes)
    {
        if (!VirtualMemory.Decommit(start, RoundUp(bytes)))
        {
            return false;
        }

        nint end = start + (nint)RoundUp(bytes);
        int at = _holes.FindIndex(h => h.Start >= end);
        at = at < 0 ? _holes.Count : at;
        _holes.Insert(at, (start, end));
        MergeWithNext(at);
        MergeWithNext(at - 1);
        return true;
    }

    // Moving pages away would leave a hole in the window that another could take; the heap copies instead.
    public bool Move(nint from, nuint fromBytes, nuint bytes, nint to, nuint toBytes) => false;

    public bool TryMeasureResident(nint start, nuint bytes, out nuint resident) =>
        VirtualMemory.TryMeasureResident(start, bytes, out resident);

    // It would not be in the window.
    public nint AllocateAligned(nuint bytes, nuint alignment) => 0;

    public void FreeAligned(nint start, nuint alignment) => throw new InvalidOperationException("Nothing was allocated.");

    public void Dispose()
    {
        if (Start != 0)
        {
            _ = VirtualMemory.Release(Start, _bytes);
            Start = 0;
        }
    }

    private nuint RoundUp(nuint bytes) => (bytes + PageSize - 1) & ~(PageSize - 1);

    private void Take(int hole, nint from, nint to)
    {
        (nint start, nint end) = _holes[hole];
        _holes.RemoveAt(hole);
        if (to < end)
        {
            _holes.Insert(hole, (to, end));
        }

        if (start < from)
        {
            _holes.Insert(hole, (start, from));
        }
    }

    private void MergeWithNext(int hole)
    {
        if (hole >= 0 && hole + 1 < _holes.Count && _holes[hole].End == _holes[hole + 1].Start)
        {
            _holes[hole] = (_holes[hole].Start, _holes[hole + 1].End);
            _holes.RemoveAt(hole + 1);
        }
    }
}
