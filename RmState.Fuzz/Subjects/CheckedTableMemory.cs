using System.Runtime.InteropServices;
using Rm.Counting;

namespace Rm.Fuzz.Subjects;

/// <summary>
/// Table memory that counts what is out, spoils what was given back, and can be told to have none.
/// </summary>
internal sealed unsafe class CheckedTableMemory : ITableMemory
{
    private readonly Dictionary<nint, (nuint Taken, nuint Held)> _areas = [];
    private int _failAfter;

    /// <summary>Every call finds no memory while it is set.</summary>
    public bool Down { get; set; }

    /// <summary>Whether a call since <see cref="BeginStep"/> found no memory.</summary>
    public bool Failed { get; private set; }

    /// <summary>The first misuse of this memory, if any.</summary>
    public string? Misuse { get; private set; }

    public long HeldBytes { get; private set; }

    public int Areas => _areas.Count;

    public void BeginStep() => Failed = false;

    /// <summary>Lets the <paramref name="calls"/>-th call from now find no memory; 0 for none.</summary>
    public void FailAfter(int calls) => _failAfter = calls;

    public nint Take(nuint bytes)
    {
        if (Down || (_failAfter > 0 && --_failAfter == 0))
        {
            Failed = true;
            return 0;
        }

        nint start = (nint)NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear((void*)start, bytes);
        _areas.Add(start, (bytes, bytes));
        HeldBytes += (long)bytes;
        return start;
    }

    public nuint GiveBack(nint start, nuint bytes, nuint taken, nuint limit)
    {
        if (!_areas.TryGetValue(start, out (nuint Taken, nuint Held) area) || area.Held != bytes || area.Taken != taken)
        {
            Misuse ??= $"{bytes} of {taken} table bytes at 0x{start:x} were given back, {area.Held} of {area.Taken} are out";
            return 0;
        }

        nuint returned = Math.Min(bytes, limit);
        nuint held = bytes - returned;
        HeldBytes -= (long)returned;
        NativeMemory.Fill((byte*)start + held, returned, 0xA5);
        if (held > 0)
        {
            _areas[start] = (area.Taken, held);
            return held;
        }

        _areas.Remove(start);
        NativeMemory.AlignedFree((void*)start);
        return 0;
    }

    /// <summary>Frees what a state left behind: only after a failure, when the state is not used any more.</summary>
    public void FreeAll()
    {
        foreach (nint start in _areas.Keys)
        {
            NativeMemory.AlignedFree((void*)start);
        }

        _areas.Clear();
    }
}
