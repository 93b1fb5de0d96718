using System.Runtime.CompilerServices;
using Rm.Arenas;

namespace Rm.Tool.Ratios.Blocks;

/// <summary>A size-class heap alone, in an arena of its own, nothing counted.</summary>
internal readonly struct HeapBlocks(Arena arena) : IBlockSource<HeapBlocks>, IArenaBlocks
{
    private readonly SizeClassHeap _heap = arena.CreateHeap();

    public Pool Pool => _heap;

    public static HeapBlocks Create(ulong seed) => new(new Arena());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint Allocate(nuint size) => _heap.Allocate(size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Free(nint block) => _heap.Free(block);

    public void Dispose() => _heap.Arena.Dispose();
}
