namespace Rm.Counting;

/// <summary>Tables that were left: their memory goes back in slices, so that no operation waits for a large unmapping.</summary>
internal sealed class Retire(ITableMemory memory)
{
    // A quarter of the megabyte promised: unmapping it takes some ten microseconds.
    internal const nuint SliceBytes = 256 * 1024;

    private const int Room = 8;
    private readonly (nint Start, nuint Held, nuint Taken)[] _areas = new (nint, nuint, nuint)[Room];
    private int _count;

    internal bool IsEmpty => _count == 0;

    /// <summary>Whether both arrays of one more table find room.</summary>
    internal bool HasRoom => _count <= Room - 2;

    /// <summary>Takes charge of an area; nothing is given back yet.</summary>
    internal void Add(nint start, nuint bytes)
    {
        if (start != 0)
        {
            _areas[_count++] = (start, bytes, bytes);
        }
    }

    /// <summary>Gives one slice back.</summary>
    /// <returns>How many bytes went.</returns>
    internal nuint Slice()
    {
        if (_count == 0)
        {
            return 0;
        }

        ref (nint Start, nuint Held, nuint Taken) area = ref _areas[_count - 1];
        nuint before = area.Held;
        area.Held = memory.GiveBack(area.Start, before, area.Taken, SliceBytes);
        nuint gone = before - area.Held;
        if (area.Held == 0)
        {
            _count--;
        }

        return gone;
    }

    internal void All()
    {
        while (_count > 0)
        {
            _ = Slice();
        }
    }

    internal static void Whole(ITableMemory memory, nint start, nuint bytes)
    {
        for (nuint held = bytes; held != 0;)
        {
            held = memory.GiveBack(start, held, bytes, held);
        }
    }
}
