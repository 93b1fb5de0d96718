using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Rm.Membufs;
using Rm.Tool.Ratios.Cases;
using Rm.Tool.Ratios.Measuring;
using Rm.Tool.Ratios.Origins;

namespace Rm.Tool.Ratios.References;

/// <summary>Ref and Deref of membufs by their handles.</summary>
/// <typeparam name="TOrigin">Whose the blocks are.</typeparam>
[SuppressMessage("Reliability", "CA1001", Justification = "It is disposable, through the interface it implements.")]
internal readonly struct MembufHandles<TOrigin>(MembufHeap heap, MembufRef[] handles, Companion companion) : IIndexedReferences<MembufHandles<TOrigin>>
    where TOrigin : struct, IOrigin
{
    /// <summary>The handles, in the order of their indexes.</summary>
    internal IReadOnlyList<MembufRef> Handles => handles;

    public static MembufHandles<TOrigin> Of(int blocks)
    {
        var heap = new MembufHeap();
        var companion = new Companion();
        return new MembufHandles<TOrigin>(heap, TOrigin.Allocate(heap, blocks, BlockPool.BlockSize, companion), companion);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RetainAndRelease(int index)
    {
        ref readonly MembufRef handle = ref handles[index];
        handle.Ref();
        handle.Deref();
    }

    public void Dispose()
    {
        companion.Dispose();
        heap.Dispose();
    }
}
