using Rm.Membufs;

namespace Rm.Interop;

/// <summary>Places on a shelf, for owners of one pool.</summary>
internal sealed class RentRow(MembufHeap heap, int capacity)
{
    /// <summary>The pool's heap.</summary>
    internal MembufHeap Heap { get; } = heap;

    internal MembufOwner?[] Owners { get; } = new MembufOwner?[capacity];
}
