using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rm.Tool.Ratios.Blocks;

/// <summary>NativeMemory, nothing counted: the peer of every allocation row.</summary>
internal readonly unsafe struct MallocBlocks : IBlockSource<MallocBlocks>
{
    public static MallocBlocks Create(ulong seed) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint Allocate(nuint size) => (nint)NativeMemory.Alloc(size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Free(nint block) => NativeMemory.Free((void*)block);

    public void Dispose()
    {
    }
}
