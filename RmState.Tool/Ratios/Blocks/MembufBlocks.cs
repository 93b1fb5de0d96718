using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Rm.Membufs;

namespace Rm.Tool.Ratios.Blocks;

/// <summary>Membufs by address, in a heap and an arena of their own; any thread may free them.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "It is disposable, through the interface it implements.")]
internal readonly struct MembufBlocks(MembufHeap heap) : IBlockSource<MembufBlocks>
{
    internal MembufHeap Heap => heap;

    public static MembufBlocks Create(ulong seed) => new(new MembufHeap());

    /// <summary>The bytes of all the arena's mappings that are resident, and those of the heap's tables.</summary>
    internal long MeasureBytes() => (long)(heap.Arena.MeasureResident() + heap.Statistics.RecordBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint Allocate(nuint size) => heap.Alloc(size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Free(nint block) => heap.Deref(block);

    public void Dispose() => heap.Dispose();
}
