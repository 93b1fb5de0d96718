using System.Runtime.InteropServices;
using Rm.Arenas;
using Rm.Memory;

namespace Rm.Tests.Contracts;

/// <summary>A size-class heap over memory of the caller's, which is not zero, keeps the contract, and goes on where that ends.</summary>
public sealed unsafe class RegionHeapContract : PoolContract
{
    private const int RegionBytes = 3 << 20;

    private protected override AllocatorSubject Make(nuint commitLimit, IVirtualMemory memory)
    {
        void* region = NativeMemory.Alloc(RegionBytes);
        new Span<byte>(region, RegionBytes).Fill(0xCD);
        var arena = new Arena(new ArenaOptions { CommitLimit = commitLimit, Memory = memory, ChunkSize = 4 << 20 });
        arena.AddRegion((nint)region, RegionBytes);
        SizeClassHeap heap = arena.CreateHeap("under test");
        return new AllocatorSubject(heap)
        {
            Pool = heap,
            TellsFreedFromForeign = true,
            KeptBytes = RegionBytes,
            Afterwards = () => NativeMemory.Free(region),
        };
    }
}
