namespace Rm;

/// <summary>
/// The managed deallocators of attached blocks, held alive here and named by their index from native side records. Removing
/// needs no memory.
/// </summary>
internal sealed class DeallocatorList
{
    private (Action<nint>? Deallocator, int NextFree)[] _entries = [];
    private int _used;
    private int _free = -1;

    internal int Count { get; private set; }

    internal Action<nint> this[int index] => _entries[index].Deallocator!;

    internal int Add(Action<nint> deallocator)
    {
        int index = _free;
        if (index >= 0)
        {
            _free = _entries[index].NextFree;
        }
        else
        {
            if (_used == _entries.Length)
            {
                Array.Resize(ref _entries, Math.Max(8, _used * 2));
            }

            index = _used++;
        }

        _entries[index] = (deallocator, -1);
        Count++;
        return index;
    }

    internal void Remove(int index)
    {
        _entries[index] = (null, _free);
        _free = index;
        Count--;
    }

    internal void Clear()
    {
        Array.Clear(_entries, 0, _used);
        _used = 0;
        _free = -1;
        Count = 0;
    }
}
