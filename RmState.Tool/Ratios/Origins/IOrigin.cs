using Rm.Membufs;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Origins;

/// <summary>Whose membufs are before the calling thread counts their references; a type parameter, so that each has code of its own.</summary>
internal interface IOrigin
{
    /// <summary>Allocates membufs with one reference each.</summary>
    /// <param name="heap">The heap.</param>
    /// <param name="count">How many.</param>
    /// <param name="size">Bytes of each.</param>
    /// <param name="companion">The other thread, which lives as long as the blocks.</param>
    static abstract MembufRef[] Allocate(MembufHeap heap, int count, nuint size, Companion companion);
}
