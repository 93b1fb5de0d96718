using Rm.Arenas;
using Rm.Memory;

namespace Rm.Tests.Contracts;

/// <summary>A size-class heap in an arena of its own keeps the contract.</summary>
public class SizeClassHeapContract : PoolContract
{
    private protected override AllocatorSubject Make(nuint commitLimit, IVirtualMemory memory)
    {
        SizeClassHeap heap = new Arena(new ArenaOptions { CommitLimit = commitLimit, Memory = memory, ChunkSize = 16 << 20 }).CreateHeap("under test");
        return new AllocatorSubject(heap) { Pool = heap, TellsFreedFromForeign = true };
    }
}
