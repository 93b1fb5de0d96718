using System.Runtime.CompilerServices;
using Rm.Arenas;

namespace Rm.Tool.Ratios.Blocks;

/// <summary>A block heap of 64-byte elements, in an arena of its own. It does not clear them, as malloc does not.</summary>
internal readonly struct ElementBlocks(BlockHeap heap) : IBlockSource<ElementBlocks>, IArenaBlocks
{
    /// <summary>Bytes of every element, whatever size is asked for.</summary>
    internal const int Size = 64;

    /// <summary>Elements of 64 KiB, the smallest stretch of memory that an arena gives to a pool.</summary>
    private const int PerBlock = 1024;

    public Pool Pool => heap;

    public static ElementBlocks Create(ulong seed) => new(BlockHeap.Create(Size, PerBlock, new BlockHeapOptions { Zeroed = false }));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint Allocate(nuint size) => heap.Alloc();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Free(nint block) => heap.Free(block);

    public void Dispose() => heap.Dispose();
}
