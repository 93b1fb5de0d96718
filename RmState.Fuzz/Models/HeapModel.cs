using System.Diagnostics.CodeAnalysis;

namespace Rm.Fuzz.Models;

/// <summary>What the pools of an arena should hold: a list of blocks, and the same in the order of addresses.</summary>
internal sealed class HeapModel(int pools)
{
    private readonly List<HeapBlock> _live = [];
    private readonly List<nint> _starts = [];
    private readonly List<HeapBlock> _ordered = [];
    private readonly long[] _blocks = new long[pools];
    private readonly nuint[] _bytes = new nuint[pools];

    public IReadOnlyList<HeapBlock> Live => _live;

    public IReadOnlyList<HeapBlock> Ordered => _ordered;

    public long BlocksOf(int pool) => _blocks[pool];

    public nuint BytesOf(int pool) => _bytes[pool];

    public bool TryFind(nint address, [NotNullWhen(true)] out HeapBlock? block)
    {
        int at = _starts.BinarySearch(address);
        block = at >= 0 ? _ordered[at] : null;
        return block is not null;
    }

    /// <summary>A block that a stretch of bytes touches.</summary>
    public HeapBlock? Touched(nint start, nuint bytes)
    {
        int at = _starts.BinarySearch(start);
        at = at < 0 ? ~at : at;
        if (at < _ordered.Count && (nuint)(_ordered[at].Address - start) < nuint.Max(bytes, 1))
        {
            return _ordered[at];
        }

        return at > 0 && (nuint)(start - _ordered[at - 1].Address) < _ordered[at - 1].Usable ? _ordered[at - 1] : null;
    }

    public void Add(HeapBlock block)
    {
        int at = ~_starts.BinarySearch(block.Address);
        _starts.Insert(at, block.Address);
        _ordered.Insert(at, block);
        block.Index = _live.Count;
        _live.Add(block);
        _blocks[block.Pool]++;
        _bytes[block.Pool] += block.Usable;
    }

    public void Remove(HeapBlock block)
    {
        int at = _starts.BinarySearch(block.Address);
        _starts.RemoveAt(at);
        _ordered.RemoveAt(at);
        HeapBlock last = _live[^1];
        _live[block.Index] = last;
        last.Index = block.Index;
        _live.RemoveAt(_live.Count - 1);
        _blocks[block.Pool]--;
        _bytes[block.Pool] -= block.Usable;
    }
}
