using Rm.Membufs;

namespace Rm.Fuzz.Subjects;

/// <summary>A membuf heap after a mismatch: nothing may touch it again, not even its finalizer or those of its threads' parts.</summary>
internal static class BrokenHeap
{
    public static unsafe void Abandon(MembufHeap heap)
    {
        Volatile.Write(ref heap.Head->Closed, 1);
#pragma warning disable CA1816 // It is the finalizer that must not look at the heap.
        GC.SuppressFinalize(heap);
#pragma warning restore CA1816
    }
}
