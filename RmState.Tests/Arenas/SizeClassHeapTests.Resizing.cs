namespace Rm.Tests.Arenas;

// Growing and shrinking where the block stands, and large blocks.
public sealed unsafe partial class SizeClassHeapTests
{
    [Theory]
    [InlineData(100, 112)]
    [InlineData(100, 101)]
    [InlineData(1000, 800)]
    [InlineData(30_000, 30_700)]
    [InlineData(50_000, 52_000)]
    [InlineData(700_000, 720_000)]
    public void ResizedWithinItsClassABlockStays(int size, int newSize)
    {
        nint block = _heap.Allocate((nuint)size);
        nint neighbour = _heap.Allocate((nuint)size);

        Assert.Equal(block, _heap.Reallocate(block, (nuint)size, (nuint)newSize, 0));
        Assert.True(_heap.UsableSize(block) >= (nuint)newSize);
        Assert.NotEqual(0, neighbour);
    }

    [Fact]
    public void RunGrowsIntoFreeNeighboursAndShrinksWhereItStands()
    {
        nint block = _heap.Allocate(100_000);
        Fill(block, 100_000, 7);
        foreach (int size in new[] { 150_000, 400_000, 1 << 20 })
        {
            Assert.Equal(block, _heap.Reallocate(block, 0, (nuint)size, 0));
            Assert.True(_heap.UsableSize(block) >= (nuint)size);
            new Span<byte>((void*)block, size)[100_000..].Fill(1);
            AssertFilled(block, 100_000, 7);
            _arena.Verify();
        }

        nuint committed = _arena.CommittedBytes - _arena.SpareBytes;
        Assert.Equal(block, _heap.Reallocate(block, 0, 40_000, 0));
        AssertFilled(block, 40_000, 7);
        Assert.True(_arena.CommittedBytes - _arena.SpareBytes < committed - 900_000);
        _arena.Verify();
        Assert.Equal(1, _heap.Usage.LiveBlocks);
    }

    [Fact]
    public void RunWithATakenNeighbourMovesWithItsContents()
    {
        nint block = _heap.Allocate(100_000);
        nint neighbour = _heap.Allocate(100_000);
        Assert.Equal(block + (2 * 65_536), neighbour);
        Fill(block, 100_000, 7);
        Fill(neighbour, 100_000, 9);

        nint moved = _heap.Reallocate(block, 0, 300_000, 0);

        Assert.NotEqual(block, moved);
        AssertFilled(moved, 100_000, 7);
        AssertFilled(neighbour, 100_000, 9);
        Assert.Equal(2, _heap.Usage.LiveBlocks);
        _arena.Verify();
    }

    [Fact]
    public void NeighbourThatWasFreedIsGrownInto()
    {
        nint block = _heap.Allocate(100_000);
        nint neighbour = _heap.Allocate(200_000);
        Fill(block, 100_000, 7);
        _heap.Free(neighbour);
        _ = _heap.Trim();

        Assert.Equal(block, _heap.Reallocate(block, 0, 300_000, 0));
        AssertFilled(block, 100_000, 7);
        _arena.Verify();
    }

    [Fact]
    public void LargeBlockGrowsWithoutBeingCopied()
    {
        nint block = _heap.Allocate(8 * MiB);
        Fill(block, 8000, 7);
        nuint resident = _arena.MeasureResident();

        nint grown = _heap.Reallocate(block, 0, 11 * MiB, 0);
        Assert.Equal(block, grown);
        nint moved = _heap.Reallocate(grown, 0, 200 * MiB, 0);

        AssertFilled(moved, 8000, 7);
        Assert.True(_heap.UsableSize(moved) >= 200 * MiB);
        Assert.Equal(Rm.Memory.AddressOwner.Mine, _heap.OwnerOf(moved + (nint)(200 * MiB) - 1));
        ((byte*)moved)[(200 * MiB) - 1] = 1;
        Assert.True(!OperatingSystem.IsLinux() || _arena.MeasureResident() < resident + (MiB / 2));
        Assert.True(moved == block || _heap.OwnerOf(block) == Rm.Memory.AddressOwner.Foreign);
        _arena.Verify();
    }

    [Fact]
    public void LargeBlockShrinksWhereItStandsAndGivesTheRestBackAtOnce()
    {
        nint block = _heap.Allocate(32 * MiB);
        new Span<byte>((void*)block, 32 << 20).Fill(7);

        Assert.Equal(block, _heap.Reallocate(block, 0, 2 * MiB, 0));

        AssertFilled(block, 2 << 20, 7);
        Assert.True(_arena.CommittedBytes < 3 * MiB);
        Assert.True(_arena.MeasureResident() < 4 * MiB);
        nint small = _heap.Reallocate(block, 0, 100, 0);
        AssertFilled(small, 100, 7);
        Assert.Equal(1, _heap.Usage.LiveBlocks);
        Assert.Equal(112u, _heap.Usage.LiveBytes);
        _arena.Verify();
    }

    [Theory]
    [InlineData(100)]
    [InlineData(5000)]
    [InlineData(100_000)]
    [InlineData(3_000_000)]
    public void ResizeWithoutMemoryLeavesTheBlock(int size)
    {
        nint block = _heap.Allocate((nuint)size);
        Fill(block, size, 7);
        _arena.CommitLimit = _arena.CommittedBytes;
        nuint usable = _heap.UsableSize(block);

        Assert.Equal(0, _heap.Reallocate(block, 0, 20 * MiB, 0));

        AssertFilled(block, size, 7);
        Assert.Equal(usable, _heap.UsableSize(block));
        Assert.Equal(1, _heap.Usage.LiveBlocks);
        _arena.Verify();
    }

    [Fact]
    public void LargeBlockHasAMappingOfItsOwnThatGoesWithIt()
    {
        _ = _heap.Allocate(1);
        nuint reserved = _arena.ReservedBytes;
        int chunks = _arena.Statistics.Chunks;
        List<nint> shrunk = [];
        _arena.Shrunk += (_, change) => shrunk.Add(change.Start);

        nint block = _heap.Allocate(MiB + 1);
        new Span<byte>((void*)block, 1 << 20).Fill(1);
        Assert.Equal(chunks + 1, _arena.Statistics.Chunks);
        Assert.True(_arena.ReservedBytes > reserved);
        _heap.Free(block);
        _ = _heap.Trim();
        _ = _arena.Trim();

        Assert.Equal([block], shrunk);
        Assert.Equal(chunks, _arena.Statistics.Chunks);
        Assert.Equal(reserved, _arena.ReservedBytes);
        Assert.Equal(Rm.Memory.AddressOwner.Foreign, _heap.OwnerOf(block));
    }

    [Theory]
    [InlineData(60_000)]
    [InlineData(1_000_000)]
    [InlineData(20_000_000)]
    public void ZeroedBlockOfFreshMemoryIsNotTouched(int size)
    {
        _ = _heap.Allocate(1);
        nuint resident = _arena.MeasureResident();

        nint block = _heap.AllocateZeroed((nuint)size);

        Assert.True(_arena.MeasureResident() < resident + 30_000);
        AssertFilled(block, size, 0);
    }

    [Theory]
    [InlineData(60_000)]
    [InlineData(1_000_000)]
    [InlineData(20_000_000)]
    public void ZeroedBlockOfTrimmedMemoryIsNotTouched(int size)
    {
        nint dirty = _heap.Allocate((nuint)size);
        Fill(dirty, size, 9);
        _heap.Free(dirty);
        _ = _heap.Trim();
        _ = _arena.Trim();
        nuint resident = _arena.MeasureResident();

        nint block = _heap.AllocateZeroed((nuint)size);

        Assert.True(_arena.MeasureResident() < resident + 30_000);
        AssertFilled(block, size, 0);
    }

    [Fact]
    public void SmallZeroedBlocksOfAFreshSlabAreNotTouched()
    {
        _ = _heap.Allocate(1);
        nuint resident = _arena.MeasureResident();

        nint[] blocks = [.. Enumerable.Range(0, 400).Select(_ => _heap.AllocateZeroed(4096))];

        Assert.True(_arena.MeasureResident() < resident + 200_000);
        Assert.All(blocks, block => AssertFilled(block, 4096, 0));
    }

    private static void Fill(nint block, int size, byte value) => new Span<byte>((void*)block, size).Fill(value);

    private static void AssertFilled(nint block, int size, byte value) =>
        Assert.Equal(-1, new Span<byte>((void*)block, size).IndexOfAnyExcept(value));
}
