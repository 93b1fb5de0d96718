using System.Runtime.CompilerServices;
using Rm.Counting;

namespace Rm.Sites;

/// <summary>
/// The side records of the blocks that went last, oldest first out: what a second release can be told from. It holds records,
/// not the blocks' memory.
/// </summary>
/// <remarks>Adding is O(1) and needs no memory once the first was added; looking up is O(length). Thread rule: the state's.</remarks>
internal sealed unsafe class Quarantine(ITableMemory memory, int length)
{
    private uint* _ring;
    private int _first;

    /// <summary>Records in it.</summary>
    internal int Count { get; private set; }

    internal long Bytes => _ring == null ? 0 : (long)length * sizeof(uint);

    /// <summary>Adds a record.</summary>
    /// <returns>The one that leaves for it: the oldest, or itself when there is no room at all; 0 for none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint Add(uint record)
    {
        int first = _first;
        if (Count != length || length == 0)
        {
            return AddUnlessFull(record);
        }

        uint oldest = _ring[first];
        _ring[first] = record;
        first++;
        _first = first == length ? 0 : first;
        return oldest;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint AddUnlessFull(uint record)
    {
        if (length == 0)
        {
            return record;
        }

        if (_ring == null)
        {
            _ring = (uint*)memory.Take((nuint)length * sizeof(uint));
            if (_ring == null)
            {
                return record;
            }
        }

        // Nothing leaves before it is full, so it begins at 0 until then.
        _ring[Count++] = record;
        return 0;
    }

    /// <summary>The youngest record of an address.</summary>
    /// <returns>0 when there is none.</returns>
    internal uint Find(RecordStore<SideRecord> records, nint address, bool inside)
    {
        for (int i = Count - 1; i >= 0; i--)
        {
            uint record = At(i);
            SideRecord* released = records.At(record);
            nuint offset = (nuint)(address - released->Address);
            if (offset == 0 || (inside && released->Size != SideRecord.UnknownSize && offset < released->Size))
            {
                return record;
            }
        }

        return 0;
    }

    /// <summary>Forgets all; the records are the caller's to free, or gone already.</summary>
    internal void Clear()
    {
        Count = 0;
        _first = 0;
    }

    /// <summary>Gives the memory back.</summary>
    internal void Release()
    {
        Clear();
        if (_ring != null)
        {
            Retire.Whole(memory, (nint)_ring, (nuint)length * sizeof(uint));
            _ring = null;
        }
    }

    /// <summary>A record by its age: the oldest is 0.</summary>
    internal uint At(int index)
    {
        int at = _first + index;
        return _ring[at >= length ? at - length : at];
    }
}
