using System.Runtime.CompilerServices;

namespace Rm.Tool.Replay;

/// <summary>The blocks of a replay on one thread: by object, 0 for those freed.</summary>
internal readonly ref struct LocalBlocks(Span<nint> blocks, int firstEvent) : IBlockTable
{
    private readonly Span<nint> _blocks = blocks;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int EventOf(int index) => firstEvent + index;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint Take(int id)
    {
        nint block = _blocks[id];
        _blocks[id] = 0;
        return block;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(int id, nint block) => _blocks[id] = block;
}
