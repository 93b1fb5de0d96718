namespace Rm.Membufs;

/// <summary>What a heap did and has, as of a moment ago while other threads use it.</summary>
/// <param name="Allocations">Blocks allocated.</param>
/// <param name="Frees">Blocks whose memory is at hand again.</param>
/// <param name="References">References taken beyond the first; counted only with <see cref="MembufHeapOptions.CountsReferences"/>.</param>
/// <param name="Releases">References given back, the last ones included; counted only so too.</param>
/// <param name="Threads">Threads that have a home in the heap.</param>
/// <param name="Orphans">Homes whose thread is gone, which the next new thread takes over.</param>
/// <param name="RecordBytes">Bytes of the heap's own tables, touched or not.</param>
public readonly record struct MembufHeapStatistics(
    long Allocations,
    long Frees,
    long References,
    long Releases,
    int Threads,
    int Orphans,
    nuint RecordBytes)
{
    /// <summary>Blocks that live, or whose end is not done with yet.</summary>
    public long LiveBlocks => Allocations - Frees;
}
