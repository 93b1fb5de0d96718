using System.Diagnostics.CodeAnalysis;

namespace Rm.Fuzz.Models;

/// <summary>What a membuf heap should hold.</summary>
internal sealed class MembufModel
{
    private readonly List<MembufBlock> _live = [];
    private readonly Dictionary<nint, MembufBlock> _there = [];

    /// <summary>Blocks with references.</summary>
    public IReadOnlyList<MembufBlock> Live => _live;

    /// <summary>Blocks without references whose onFree has not returned.</summary>
    public int Ending => _there.Count - _live.Count;

    public long Allocations { get; private set; }

    public long References { get; set; }

    public long Releases { get; set; }

    /// <summary>The block at an address, live or ending.</summary>
    public bool TryFind(nint address, [NotNullWhen(true)] out MembufBlock? block) => _there.TryGetValue(address, out block);

    /// <summary>Adds a new block.</summary>
    /// <returns>False if another is there still.</returns>
    public bool TryAdd(MembufBlock block)
    {
        if (!_there.TryAdd(block.Address, block))
        {
            return false;
        }

        Allocations++;
        block.Index = _live.Count;
        _live.Add(block);
        return true;
    }

    /// <summary>Takes the last references of a block away: it is ending if something is called then, else gone.</summary>
    public void End(MembufBlock block)
    {
        block.Count = 0;
        MembufBlock last = _live[^1];
        _live[block.Index] = last;
        last.Index = block.Index;
        _live.RemoveAt(_live.Count - 1);
        if (!block.HasEnd)
        {
            Remove(block);
        }
    }

    /// <summary>A block's onFree has returned.</summary>
    public void Remove(MembufBlock block) => _there.Remove(block.Address);
}
