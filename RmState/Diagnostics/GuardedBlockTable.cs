namespace Rm.Diagnostics;

/// <summary>
/// The blocks of a guarded allocator, ordered by address, and those of them that wait in quarantine, ordered by age. Finding is
/// O(log n); freeing needs no memory.
/// </summary>
internal sealed class GuardedBlockTable(int capacity)
{
    // The addresses stand apart: a search reads them alone.
    private readonly nint[] _starts = new nint[capacity];
    private readonly GuardedBlock[] _blocks = new GuardedBlock[capacity];
    private GuardedBlock? _unused;
    private GuardedBlock? _oldest;
    private GuardedBlock? _newest;
    private int _records;

    internal int Count { get; private set; }

    internal int Quarantined { get; private set; }

    internal bool IsFull => Count == capacity;

    internal GuardedBlock? Oldest => _oldest;

    /// <summary>Every block, in the order of their addresses.</summary>
    internal ReadOnlySpan<GuardedBlock> All => _blocks.AsSpan(0, Count);

    /// <summary>The block whose address space, guards included, holds an address.</summary>
    internal GuardedBlock? Find(nint address)
    {
        int index = _starts.AsSpan(0, Count).BinarySearch(address);
        index = index >= 0 ? index : ~index - 1;
        return index >= 0 && _blocks[index].Holds(address) ? _blocks[index] : null;
    }

    /// <summary>A record that is not in use; it stays so until <see cref="Add"/>.</summary>
    internal GuardedBlock PeekUnused() => _unused ??= new GuardedBlock(_records++);

    internal void Add(GuardedBlock block)
    {
        _unused = block.Next;
        block.Next = null;
        int index = ~_starts.AsSpan(0, Count).BinarySearch(block.Start);
        _starts.AsSpan(index, Count - index).CopyTo(_starts.AsSpan(index + 1));
        _blocks.AsSpan(index, Count - index).CopyTo(_blocks.AsSpan(index + 1));
        _starts[index] = block.Start;
        _blocks[index] = block;
        Count++;
    }

    internal void Quarantine(GuardedBlock block)
    {
        block.Next = null;
        _oldest ??= block;
        _newest?.Next = block;
        _newest = block;
        Quarantined++;
    }

    internal void LeaveQuarantine()
    {
        _oldest = _oldest!.Next;
        _newest = _oldest is null ? null : _newest;
        Quarantined--;
    }

    internal void Remove(GuardedBlock block)
    {
        int index = _starts.AsSpan(0, Count).BinarySearch(block.Start);
        _starts.AsSpan(index + 1, Count - index - 1).CopyTo(_starts.AsSpan(index));
        _blocks.AsSpan(index + 1, Count - index - 1).CopyTo(_blocks.AsSpan(index));
        Count--;
        block.Next = _unused;
        _unused = block;
    }
}
