using Rm.Membufs;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Origins;

/// <summary>Another thread's, which idles.</summary>
internal readonly struct OtherThread : IOrigin
{
    public static MembufRef[] Allocate(MembufHeap heap, int count, nuint size, Companion companion)
    {
        MembufRef[] handles = [];
        companion.Do(() => handles = OwnThread.Allocate(heap, count, size, companion));
        return handles;
    }
}
