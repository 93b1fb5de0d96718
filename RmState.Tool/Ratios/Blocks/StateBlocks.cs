using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Rm.Arenas;

namespace Rm.Tool.Ratios.Blocks;

/// <summary>A state over a size-class heap, in an arena of its own: every block counted.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "It is disposable, through the interface it implements.")]
internal readonly struct StateBlocks : IBlockSource<StateBlocks>, IArenaBlocks
{
    private readonly SizeClassHeap _heap;
    private readonly RmState _state;

    internal StateBlocks(Arena arena, ulong seed)
    {
        _heap = arena.CreateHeap();
        _state = new RmState(new RmStateOptions { Seed = seed, Allocator = _heap });
    }

    public Pool Pool => _heap;

    public static StateBlocks Create(ulong seed) => new(new Arena(), seed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint Allocate(nuint size) => _state.RmMalloc(size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Free(nint block) => _state.RmRelease(block);

    public void Dispose()
    {
        _state.Dispose();
        _heap.Arena.Dispose();
    }
}
