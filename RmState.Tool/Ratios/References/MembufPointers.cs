using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Rm.Membufs;
using Rm.Tool.Ratios.Cases;

namespace Rm.Tool.Ratios.References;

/// <summary>Ref and Deref of this thread's membufs by their addresses, which the heap checks.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "It is disposable, through the interface it implements.")]
internal readonly struct MembufPointers(MembufHeap heap, nint[] blocks) : IIndexedReferences<MembufPointers>
{
    public static MembufPointers Of(int blocks)
    {
        var heap = new MembufHeap();
        nint[] addresses = new nint[blocks];
        foreach (ref nint address in addresses.AsSpan())
        {
            address = heap.Alloc(BlockPool.BlockSize);
        }

        return new MembufPointers(heap, addresses);
    }

    /// <summary>The count of one of the blocks.</summary>
    internal long CountOf(int index) => heap.RefCount(blocks[index]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RetainAndRelease(int index)
    {
        nint block = blocks[index];
        heap.Ref(block);
        heap.Deref(block);
    }

    public void Dispose() => heap.Dispose();
}
