using System.Runtime.InteropServices;
using Rm.Fuzz.Programs;
using Rm.Memory;

namespace Rm.Fuzz.Subjects;

/// <summary>
/// A system's virtual memory inside a fixed region: it knows the state of every page, notices each call that a real system would
/// punish, and refuses calls when told to. Addresses are the same in every run, and the lowest that fit, so they come back at once.
/// </summary>
internal sealed unsafe class SimulatedMemory : FallibleMemory, IVirtualMemory
{
    // Pages of the region itself; the simulated ones are as large or larger.
    private const int Unit = 4096;
    private const int Units = FixedRegion.Size / Unit;
    private const byte Free = 0;
    private const byte Closed = 1;
    private const byte Open = 2;

    private readonly FixedRegion _region;
    private readonly byte[] _units = new byte[Units];

    // Where something may have been written since the region was wiped.
    private readonly bool[] _dirty = new bool[Units];
    private readonly Dictionary<nint, (nuint Bytes, MemoryArea Kind)> _areas = [];
    private readonly HashSet<nint> _stuck = [];

    /// <summary>A memory without reservations.</summary>
    /// <param name="region">Where it lies; wiped.</param>
    /// <param name="options">Page size, what decommitting does, and how many calls fail at random.</param>
    public SimulatedMemory(FixedRegion region, ProgramOptions options)
        : base(options)
    {
        _region = region;
        region.Wipe(region.Start, FixedRegion.Size);
        PageSize = (nuint)options.PageSize;
        DecommitClosesPages = options.ClosesPages;
    }

    public nuint PageSize { get; }

    public bool DecommitClosesPages { get; }

    /// <summary>The first misuse of this memory, if any.</summary>
    public string? Misuse { get; private set; }

    /// <summary>Areas that are out, without those whose release was refused: whoever was refused need not ask again.</summary>
    public int Areas => _areas.Count - _stuck.Count;

    /// <summary>Whether every byte of a stretch may be touched.</summary>
    public bool IsOpen(nint start, nuint bytes) =>
        bytes == 0 || (IsInside(start, bytes) && !SpanOf(start, bytes).ContainsAnyExcept(Open));

    /// <summary>Whether an address lies in the simulated memory, taken or not.</summary>
    public bool Holds(nint address) => IsInside(address, 1);

    /// <summary>Whether nobody has the page of an address.</summary>
    public bool IsNobodys(nint address) => !IsInside(address, 1) || SpanOf(address, 1)[0] == Free;

    /// <summary>Memory of the caller's own, full of old bytes.</summary>
    public nint Lend(nuint bytes) => TakeOpen(bytes, Unit, MemoryArea.Lent, 0xE7);

    public void TakeBack(nint start) => Give(start, _areas[start].Bytes);

    public nint Reserve(nuint bytes, nuint alignment)
    {
        if (bytes == 0 || !nuint.IsPow2(alignment))
        {
            Misuse ??= $"{bytes} bytes aligned to {alignment} were asked for";
        }

        return Fails(MemoryCalls.Reserve) ? 0 : Take(bytes, nuint.Max(alignment, PageSize), MemoryArea.Reserved, Closed);
    }

    public bool Commit(nint start, nuint bytes)
    {
        RequireReserved("committed", start, bytes);
        if (Misuse is not null || Fails(MemoryCalls.Commit))
        {
            return false;
        }

        OpenPages(start, bytes);
        return true;
    }

    public bool Decommit(nint start, nuint bytes)
    {
        RequireReserved("decommitted", start, bytes);
        if (Misuse is not null || Fails(MemoryCalls.Decommit))
        {
            return false;
        }

        if (DecommitClosesPages)
        {
            NativeMemory.Fill((void*)start, bytes, 0xDB);
            _dirty.AsSpan(IndexOf(start), (int)ToUnits(bytes)).Fill(true);
            SpanOf(start, bytes).Fill(Closed);
        }
        else
        {
            Zero(start, bytes);
        }

        return true;
    }

    public bool Close(nint start, nuint bytes)
    {
        RequireReserved("closed", start, bytes);
        if (Misuse is not null || Fails(MemoryCalls.Decommit))
        {
            return false;
        }

        Zero(start, bytes);
        SpanOf(start, bytes).Fill(Closed);
        return true;
    }

    public bool Release(nint start, nuint bytes)
    {
        RequireArea("released", start, bytes, MemoryArea.Reserved);
        if (Misuse is not null)
        {
            return false;
        }

        if (Fails(MemoryCalls.Release))
        {
            _ = _stuck.Add(start);
            return false;
        }

        Give(start, bytes);
        return true;
    }

    public bool Move(nint from, nuint fromBytes, nuint bytes, nint to, nuint toBytes)
    {
        RequireArea("moved", from, fromBytes, MemoryArea.Reserved);
        RequireReserved("moved to", to, toBytes);
        if (Misuse is null && (bytes > toBytes || bytes > fromBytes || !IsOpen(from, bytes) || SpanOf(to, toBytes).ContainsAnyExcept(Closed)))
        {
            Misuse ??= $"{bytes} bytes at 0x{from:x} were moved to {toBytes} at 0x{to:x}: not open, not closed, or too many";
        }

        if (Misuse is not null || Fails(MemoryCalls.Move))
        {
            return false;
        }

        OpenPages(to, toBytes);
        NativeMemory.Copy((void*)from, (void*)to, bytes);
        Give(from, fromBytes);
        return true;
    }

    public bool TryMeasureResident(nint start, nuint bytes, out nuint resident)
    {
        resident = (nuint)SpanOf(start, bytes).Count(Open) * Unit;
        return true;
    }

    public nint AllocateAligned(nuint bytes, nuint alignment) =>
        Fails(MemoryCalls.Allocate) ? 0 : TakeOpen(bytes, nuint.Max(alignment, Unit), MemoryArea.Allocated, 0xCD);

    public void FreeAligned(nint start, nuint alignment)
    {
        if (!_areas.TryGetValue(start, out (nuint Bytes, MemoryArea Kind) area) || area.Kind != MemoryArea.Allocated)
        {
            Misuse ??= $"0x{start:x} was freed, which was not allocated";
            return;
        }

        NativeMemory.Fill((void*)start, nuint.Min(area.Bytes, Unit), 0xDD);
        Give(start, area.Bytes);
    }

    private static nuint ToUnits(nuint bytes) => (bytes + Unit - 1) / Unit;

    private int IndexOf(nint address) => (int)((address - _region.Start) / Unit);

    private bool IsInside(nint start, nuint bytes) =>
        start >= _region.Start && bytes <= FixedRegion.Size && start - _region.Start <= (nint)(FixedRegion.Size - bytes);

    private Span<byte> SpanOf(nint start, nuint bytes)
    {
        int first = IndexOf(start);
        return _units.AsSpan(first, IndexOf(start + (nint)bytes - 1) - first + 1);
    }

    private nint Take(nuint bytes, nuint alignment, MemoryArea kind, byte state)
    {
        if (bytes > FixedRegion.Size || alignment > FixedRegion.LargestAlignment)
        {
            return OutOfRoom();
        }

        int count = (int)(((bytes + PageSize - 1) & ~(PageSize - 1)) / Unit);
        int step = (int)(alignment / Unit);
        for (int from = 0; ;)
        {
            int skipped = _units.AsSpan(from).IndexOf(Free);
            if (skipped < 0)
            {
                return OutOfRoom();
            }

            int start = (from + skipped + step - 1) & -step;
            if (start + count > Units)
            {
                return OutOfRoom();
            }

            int taken = _units.AsSpan(start, count).IndexOfAnyExcept(Free);
            if (taken < 0)
            {
                _units.AsSpan(start, count).Fill(state);
                nint address = _region.Start + (nint)((nuint)start * Unit);
                _areas.Add(address, (bytes, kind));
                return address;
            }

            from = start + taken;
        }
    }

    // A full region is a system without memory.
    private nint OutOfRoom()
    {
        Refuse(MemoryCalls.Reserve);
        return 0;
    }

    private nint TakeOpen(nuint bytes, nuint alignment, MemoryArea kind, byte fill)
    {
        nint start = Take(bytes, alignment, kind, Open);
        if (start != 0)
        {
            _dirty.AsSpan(IndexOf(start), (int)ToUnits(bytes)).Fill(true);
            NativeMemory.Fill((void*)start, bytes, fill);
        }

        return start;
    }

    private void OpenPages(nint start, nuint bytes)
    {
        int first = IndexOf(start);
        int end = first + (int)ToUnits(bytes);
        for (int unit = first; unit < end; unit++)
        {
            if (_units[unit] == Closed && _dirty[unit])
            {
                NativeMemory.Clear((void*)(_region.Start + ((nint)unit * Unit)), Unit);
            }

            _units[unit] = Open;
            _dirty[unit] = true;
        }
    }

    private void Zero(nint start, nuint bytes)
    {
        const nuint worthACall = 1 << 18;
        if (bytes >= worthACall)
        {
            _region.Wipe(start, bytes);
        }
        else
        {
            NativeMemory.Clear((void*)start, bytes);
        }
    }

    private void Give(nint start, nuint bytes)
    {
        _ = _areas.Remove(start);
        _ = _stuck.Remove(start);
        SpanOf(start, (bytes + PageSize - 1) & ~(PageSize - 1)).Clear();
    }

    private void RequireArea(string what, nint start, nuint bytes, MemoryArea kind)
    {
        if (!_areas.TryGetValue(start, out (nuint Bytes, MemoryArea Kind) area) || area.Bytes != bytes || area.Kind != kind)
        {
            Misuse ??= $"{bytes} bytes at 0x{start:x} were {what}, which is no reservation of that size";
        }
    }

    private void RequireReserved(string what, nint start, nuint bytes)
    {
        if (bytes == 0 || ((nuint)start & (PageSize - 1)) != 0 || (bytes & (PageSize - 1)) != 0)
        {
            Misuse ??= $"{bytes} bytes at 0x{start:x} were {what}, which are not whole pages";
        }
        else if (!IsInside(start, bytes) || SpanOf(start, bytes).Contains(Free))
        {
            Misuse ??= $"{bytes} bytes at 0x{start:x} were {what}, and not all are reserved";
        }
    }
}
