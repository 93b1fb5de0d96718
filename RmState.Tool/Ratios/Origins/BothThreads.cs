using Rm.Membufs;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Origins;

/// <summary>Nobody's any more: the calling thread's once, then another counted, and then their owner found it out.</summary>
internal readonly struct BothThreads : IOrigin
{
    public static MembufRef[] Allocate(MembufHeap heap, int count, nuint size, Companion companion)
    {
        MembufRef[] handles = OwnThread.Allocate(heap, count, size, companion);
        companion.Do(() => Touch(handles));
        Touch(handles);
        return handles;
    }

    private static void Touch(MembufRef[] handles)
    {
        foreach (MembufRef handle in handles)
        {
            handle.Ref();
            handle.Deref();
        }
    }
}
