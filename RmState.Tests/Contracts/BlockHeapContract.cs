using Rm.Arenas;
using Rm.Memory;

namespace Rm.Tests.Contracts;

/// <summary>A heap of equal elements keeps the contract for what fits an element.</summary>
public sealed class BlockHeapContract : PoolContract
{
    private const int ElementSize = 192;

    private protected override AllocatorSubject Make(nuint commitLimit, IVirtualMemory memory)
    {
        var arena = new Arena(new ArenaOptions { CommitLimit = commitLimit, Memory = memory, ChunkSize = 16 << 20 });
        BlockHeap heap = BlockHeap.Create(ElementSize, 300, new BlockHeapOptions { Arena = arena, Name = "under test" });
        return new AllocatorSubject(heap)
        {
            Pool = heap,
            LargestSize = ElementSize,
            LargestAlignment = heap.Alignment,
            TellsFreedFromForeign = true,
        };
    }
}
