using Rm.Arenas;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>Whose any address is.</summary>
public sealed class ArenaLookupTests : LeakChecked
{
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(30_000)]
    [InlineData(100_000)]
    [InlineData(1 << 20)]
    [InlineData(5 << 20)]
    public void EveryByteOfABlockIsItsPools(int size)
    {
        Arena arena = NewArena(new ArenaOptions { ChunkSize = 1 << 20 });
        SizeClassHeap heap = arena.CreateHeap();
        SizeClassHeap other = arena.CreateHeap();
        for (int i = 0; i < 10; i++)
        {
            nint block = heap.Allocate((nuint)size);
            for (nint offset = 0; offset < size; offset += Math.Max(1, size / 1000))
            {
                Assert.Same(heap, arena.PoolOf(block + offset));
            }

            Assert.True(heap.Contains(block + size - 1));
            Assert.False(other.Contains(block));
            Assert.Equal((Rm.Memory.AddressOwner.Mine, Rm.Memory.AddressOwner.Foreign), (heap.OwnerOf(block), other.OwnerOf(block)));
        }
    }

    [Fact]
    public void ForeignAndImpossibleAddressesAreNobodys()
    {
        Arena arena = NewArena();
        nint block = arena.CreateHeap().Allocate(100);
        nint malloced = Blocks.Malloc();
        nint[] foreign =
        [
            0, 1, malloced, block + (nint)arena.ReservedBytes, block - (nint)arena.ReservedBytes, -1, nint.MinValue, nint.MaxValue,
            unchecked((nint)0xFFFF_8000_0000_0000), .. Enumerable.Range(48, 16).Select(bit => block | ((nint)1 << bit)),
        ];
        Assert.All(foreign, address => Assert.Null(arena.PoolOf(address)));
        Assert.All(foreign, address => Assert.False(arena.Contains(address)));
        Blocks.Free(malloced);
    }

    [Fact]
    public void FreedLargeBlockIsNobodys()
    {
        Arena arena = NewArena();
        SizeClassHeap heap = arena.CreateHeap();
        nint large = heap.Allocate(4 << 20);
        nint medium = heap.Allocate(300_000);
        heap.Free(large);
        heap.Free(medium);
        _ = heap.Trim();
        Assert.Null(arena.PoolOf(large));
        Assert.Null(arena.PoolOf(medium));
    }

    [Fact]
    public void EmptyArenaHasNothing()
    {
        Arena arena = NewArena();
        Assert.Null(arena.PoolOf(0));
        Assert.False(arena.Contains(1 << 20));
        Assert.Empty(arena.GetMap());
    }
}
