using Rm.Memory;

namespace Rm.Tests.Faults;

/// <summary>
/// The system's virtual memory behind a plan of failures. It knows what it gave out, checks that every call keeps the contract, and
/// can behave like the memory of another system: what is touched there without being open ends the test run.
/// </summary>
internal sealed class FaultyVirtualMemory(FaultPlan? faults = null, MemoryKind kind = MemoryKind.Native) : IVirtualMemory
{
    private readonly Lock _lock = new();
    private readonly SystemVirtualMemory _system = new();
    private readonly Dictionary<nint, Reservation> _reservations = [];
    private readonly Dictionary<nint, (nuint Bytes, nuint Alignment)> _blocks = [];
    private readonly List<string> _misuses = [];
    private readonly List<(MemoryCall Call, nint Start, nuint Bytes)> _calls = [];

    public nuint PageSize => kind switch
    {
        MemoryKind.MacOS => 16 * 1024,
        MemoryKind.LargePages => 64 * 1024,
        _ => _system.PageSize,
    };

    public bool DecommitClosesPages => kind == MemoryKind.Windows || _system.DecommitClosesPages;

    /// <summary>Reservations that were not ended, but for those that the plan did not let end.</summary>
    public int Reservations => _reservations.Values.Count(static r => !r.IsStuck);

    public int AlignedBlocks => _blocks.Count;

    /// <summary>What was asked for and granted, in order.</summary>
    public IReadOnlyList<(MemoryCall Call, nint Start, nuint Bytes)> Calls => _calls;

    public nint Reserve(nuint bytes, nuint alignment)
    {
        lock (_lock)
        {
            nuint page = PageSize;
            Check(bytes > 0 && nuint.IsPow2(alignment), $"reserve {bytes} bytes at multiples of {alignment}");
            if (Refuses() || kind == MemoryKind.NoReservations)
            {
                return 0;
            }

            nint start = _system.Reserve(bytes + page - 1 < bytes ? bytes : (bytes + page - 1) & ~(page - 1), nuint.Max(alignment, page));
            if (start != 0)
            {
                _reservations.Add(start, new Reservation(start, bytes, page));
                _calls.Add((MemoryCall.Reserve, start, bytes));
            }

            return start;
        }
    }

    public bool Commit(nint start, nuint bytes)
    {
        lock (_lock)
        {
            if (FindPages("commit", start, bytes) is not { } reservation || Refuses() || !_system.Commit(start, bytes))
            {
                return false;
            }

            reservation.Mark(start, bytes, committed: true);
            _calls.Add((MemoryCall.Commit, start, bytes));
            return true;
        }
    }

    public bool Decommit(nint start, nuint bytes)
    {
        lock (_lock)
        {
            if (FindPages("decommit", start, bytes) is not { } reservation || Refuses() || !_system.Decommit(start, bytes))
            {
                return false;
            }

            if (DecommitClosesPages)
            {
                reservation.Mark(start, bytes, committed: false);
                _ = OperatingSystem.IsWindows() ? 0 : Rm.Memory.LibC.MProtect(start, bytes, 0);
            }

            _calls.Add((MemoryCall.Decommit, start, bytes));
            return true;
        }
    }

    public bool Close(nint start, nuint bytes)
    {
        lock (_lock)
        {
            if (FindPages("close", start, bytes) is not { } reservation || Refuses() || !_system.Close(start, bytes))
            {
                return false;
            }

            reservation.Mark(start, bytes, committed: false);
            _calls.Add((MemoryCall.Close, start, bytes));
            return true;
        }
    }

    public bool Release(nint start, nuint bytes)
    {
        lock (_lock)
        {
            if (FindWhole("release", start, bytes) is not { } reservation)
            {
                return false;
            }

            if (Refuses())
            {
                reservation.IsStuck = true;
                return false;
            }

            _ = _reservations.Remove(start);
            _calls.Add((MemoryCall.Release, start, bytes));
            return _system.Release(start, reservation.Bytes);
        }
    }

    public bool Move(nint from, nuint fromBytes, nuint bytes, nint to, nuint toBytes)
    {
        lock (_lock)
        {
            if (FindWhole("move", from, fromBytes) is not { } source || FindPages("move", from, bytes) is null
                || FindPages("move to", to, toBytes) is not { } target)
            {
                return false;
            }

            Check(target.Start == to && target.IsUntouched, $"move to 0x{to:x}, where pages are committed");
            Check(source.IsCommitted(from, bytes), $"move {bytes} bytes from 0x{from:x}, where pages are not committed");
            Check(bytes <= toBytes, $"move {bytes} bytes to {toBytes}");
            if (Refuses() || kind != MemoryKind.Native || !_system.Move(from, source.Bytes, bytes, to, toBytes))
            {
                return false;
            }

            _ = _reservations.Remove(from);
            target.Mark(to, toBytes, committed: true);
            _calls.Add((MemoryCall.Move, from, bytes));
            return true;
        }
    }

    public bool TryMeasureResident(nint start, nuint bytes, out nuint resident)
    {
        lock (_lock)
        {
            resident = 0;
            if (!_blocks.ContainsKey(start) && FindPages("measure", start, bytes) is null)
            {
                return false;
            }

            return !Refuses() && kind != MemoryKind.Windows && _system.TryMeasureResident(start, bytes, out resident);
        }
    }

    public nint AllocateAligned(nuint bytes, nuint alignment)
    {
        lock (_lock)
        {
            Check(bytes > 0 && nuint.IsPow2(alignment), $"allocate {bytes} bytes at multiples of {alignment}");
            nint start = Refuses() ? 0 : _system.AllocateAligned(bytes, alignment);
            if (start != 0)
            {
                _blocks.Add(start, (bytes, alignment));
                _calls.Add((MemoryCall.Allocate, start, bytes));

                // malloc promises no zeros.
                Fill(start, nuint.Min(bytes, 1 << 20));
            }

            return start;
        }
    }

    public void FreeAligned(nint start, nuint alignment)
    {
        lock (_lock)
        {
            if (_blocks.Remove(start, out (nuint Bytes, nuint Alignment) block))
            {
                _calls.Add((MemoryCall.Free, start, block.Bytes));
                _system.FreeAligned(start, block.Alignment);
            }
            else
            {
                _misuses.Add($"free 0x{start:x}, which is not held");
            }
        }
    }

    /// <summary>
    /// What was done wrong or is held still; null for nothing. What the plan kept from being given back is given back now.
    /// </summary>
    public string? Complaint()
    {
        lock (_lock)
        {
            foreach (Reservation stuck in _reservations.Values.Where(static r => r.IsStuck).ToArray())
            {
                _ = _reservations.Remove(stuck.Start);
                _ = _system.Release(stuck.Start, stuck.Bytes);
            }

            return (_reservations.Count, _blocks.Count, _misuses.Count) switch
            {
                (0, 0, 0) => null,
                _ => $"{_reservations.Count} reservations were not released, {_blocks.Count} aligned blocks not freed; "
                    + $"misuses: {string.Join("; ", _misuses.DefaultIfEmpty("none"))}",
            };
        }
    }

    private bool Refuses() => faults?.Refuses() ?? false;

    private Reservation? FindWhole(string what, nint start, nuint bytes)
    {
        Reservation? found = _reservations.GetValueOrDefault(start);
        bool right = found is not null && found.Asked == bytes;
        Check(right, $"{what} 0x{start:x} with {bytes} bytes, which is not a reservation");
        return right ? found : null;
    }

    private Reservation? FindPages(string what, nint start, nuint bytes)
    {
        Reservation? found = _reservations.Values.FirstOrDefault(r => r.Contains(start, bytes));
        bool right = found is not null && bytes > 0 && ((nuint)start | bytes) % PageSize == 0;
        Check(right, $"{what} {bytes} bytes at 0x{start:x}, which are not pages of a reservation");
        return right ? found : null;
    }

    private void Check(bool right, string what)
    {
        if (!right)
        {
            _misuses.Add(what);
        }
    }

    private static unsafe void Fill(nint start, nuint bytes) => new Span<byte>((void*)start, (int)bytes).Fill(0xA5);
}
