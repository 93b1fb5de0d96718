using Rm.Membufs;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Origins;

/// <summary>The calling thread's: no other ever touched them.</summary>
internal readonly struct OwnThread : IOrigin
{
    public static MembufRef[] Allocate(MembufHeap heap, int count, nuint size, Companion companion)
    {
        var handles = new MembufRef[count];
        foreach (ref MembufRef handle in handles.AsSpan())
        {
            handle = heap.AllocRef(size);
        }

        return handles;
    }
}
