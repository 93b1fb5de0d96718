using Rm.Arenas;
using Rm.Memory;

namespace Rm.Tests.Contracts;

/// <summary>A heap whose blocks are all malloc's keeps the contract.</summary>
public sealed class PassThroughHeapContract : PoolContract
{
    private protected override AllocatorSubject Make(nuint commitLimit, IVirtualMemory memory)
    {
        SizeClassHeap heap = new Arena(new ArenaOptions { PassThrough = true, CommitLimit = commitLimit, Memory = memory }).CreateHeap("under test");
        return new AllocatorSubject(heap) { Pool = heap };
    }
}
