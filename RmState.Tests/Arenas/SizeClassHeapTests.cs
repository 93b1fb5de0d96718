using System.Reflection;
using System.Runtime.CompilerServices;
using Rm.Arenas;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Arenas;

/// <summary>What only a size-class heap promises, beside the contract of every allocator.</summary>
public sealed unsafe partial class SizeClassHeapTests : LeakChecked
{
    private const nuint MiB = 1 << 20;

    private readonly Arena _arena = new(new ArenaOptions { Name = "tested", ChunkSize = 32 * MiB });
    private readonly SizeClassHeap _heap;

    public SizeClassHeapTests()
    {
        _heap = _arena.CreateHeap("tested");
    }

    public override void Dispose()
    {
        try
        {
            base.Dispose();
        }
        finally
        {
            _arena.Dispose();
        }
    }

    [Fact]
    public void BlockFreedLastIsHandedOutFirst()
    {
        foreach (nuint size in new nuint[] { 16, 500, 5000, 30_000, 40_000 })
        {
            nint first = _heap.Allocate(size);
            nint second = _heap.Allocate(size);
            _heap.Free(first);
            _heap.Free(second);

            Assert.Equal(second, _heap.Allocate(size));
            Assert.Equal(first, _heap.Allocate(size));
        }
    }

    [Fact]
    public void RefillTakesTheLowestPlacesOfTheFullestSlab()
    {
        const int perSlab = 64;
        nint[] blocks = AllocateMany(3 * perSlab, 1024);
        nint[] empty = [.. blocks[..60]];
        nint[] full = [.. blocks[perSlab..(perSlab + 5)]];
        nint[] half = [.. blocks[(2 * perSlab)..(2 * perSlab + 30)]];
        foreach (nint block in empty.Concat(full).Concat(half).Reverse())
        {
            _heap.Free(block);
        }

        _ = _heap.Trim();
        nint[] again = AllocateMany(full.Length + half.Length, 1024);

        Assert.Equal(full, again[..full.Length]);
        Assert.Equal(half, again[full.Length..]);
        _heap.Verify();
    }

    [Fact]
    public void UsageIsInBytesOfTheClasses()
    {
        Assert.Equal(default, _heap.Usage);
        nint[] blocks = AllocateMany(3, 100);
        const int perSlab = 65536 / 112;

        Assert.Equal(new PoolUsage(3, 3 * 112, (perSlab - 3) * 112, perSlab * 112, 1), _heap.Usage);
        Assert.Equal("SizeClassHeap 'tested', 3 blocks, 336 bytes live", _heap.ToString());
        nint large = _heap.Allocate((2 * MiB) + 1);
        Assert.Equal(2 * MiB + 4096, _heap.UsableSize(large));
        Assert.Equal(
            new PoolUsage(4, (3 * 112) + (2 * MiB) + 4096, (perSlab - 3) * 112, (perSlab * 112) + (2 * MiB) + 4096, 2), _heap.Usage);
        Array.ForEach(blocks, _heap.Free);
        _heap.Free(large);
        Assert.Equal(new PoolUsage(0, 0, perSlab * 112, perSlab * 112, 1), _heap.Usage);
        _ = _heap.Trim();
        Assert.Equal(default, _heap.Usage);
    }

    [Fact]
    public void ItIsNamedWhereItIsShown()
    {
        using SizeClassHeap unnamed = _arena.CreateHeap();

        Assert.Equal("SizeClassHeap 'unnamed', 0 blocks, 0 bytes live", unnamed.ToString());
        unnamed.Dispose();
        Assert.Equal("SizeClassHeap 'unnamed', disposed", unnamed.ToString());
        Assert.Null(unnamed.Name);
        Assert.Equal("tested", _heap.Name);
    }

    [Fact]
    public void BlockIsAtMostANinthLargerThanAskedFor()
    {
        for (nuint size = 1; size <= MiB; size += (size / 50) + 1)
        {
            nint block = _heap.Allocate(size);
            nuint usable = _heap.UsableSize(block);

            Assert.True(usable >= size && usable <= nuint.Max(size + 15, size + (size / 8)), $"{size} bytes take {usable}");
            _heap.Free(block);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(48)]
    public void AlignmentThatIsNoPowerOfTwoIsRefused(int alignment)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _heap.AllocateAligned(16, (nuint)alignment));
        Assert.Equal(default, _heap.Usage);
    }

    [Fact]
    public void DisposeOfOneHeapLeavesItsSiblingAlone()
    {
        using SizeClassHeap sibling = _arena.CreateHeap("sibling");
        nuint[] sizes = [10, 3000, 50_000, 2 * MiB];
        (nint Block, int Size)[] kept = [.. sizes.Select(size => (sibling.Allocate(size), (int)size))];
        Array.ForEach(kept, k => new Span<byte>((void*)k.Block, k.Size).Fill(0x77));
        foreach (nuint size in sizes)
        {
            _heap.Allocate(size);
        }

        _heap.Dispose();
        _ = _arena.Trim();

        Assert.All(kept, k => Assert.Equal(k.Size, new Span<byte>((void*)k.Block, k.Size).Count((byte)0x77)));
        Assert.Equal([sibling], _arena.Pools);
        _arena.Verify();
    }

    [Fact]
    public void BlockThatAStateCountsCannotBeFreedBehindItsBack()
    {
        RmState state = NewState(new RmStateOptions { Allocator = _heap });
        nint[] blocks = [state.RmMalloc(24), state.RmMalloc(5000), state.RmMalloc(50_000), state.RmMalloc(2 * MiB)];
        Assert.All(blocks, block =>
        {
            Assert.Throws<CountedBlockException>(() => _heap.Free(block));
            Assert.Throws<CountedBlockException>(() => _heap.Reallocate(block, 0, 60_000, 0));
            Assert.Equal(2, state.RmRetain(block));
        });
        Assert.Throws<CountedBlockException>(_heap.Dispose);
        Assert.Throws<CountedBlockException>(_arena.Dispose);

        Assert.False(_heap.IsDisposed);
        _heap.Verify();
        state.Verify();
        state.Dispose();
        Assert.Equal(0, _heap.Usage.LiveBlocks);
    }

    [Fact]
    public void NeitherHeapNorArenaHasAFinalizer()
    {
        // Pointers into their memory may be in use when nobody refers to them any more.
        foreach (Type type in new[] { typeof(Arena), typeof(SizeClassHeap) })
        {
            MethodInfo finalize = type.GetMethod("Finalize", BindingFlags.Instance | BindingFlags.NonPublic)!;
            Assert.Equal(typeof(object), finalize.DeclaringType);
        }
    }

    [Fact]
    public void BlocksOutliveACollectedHeap()
    {
        nint block = AllocateFromAHeapNobodyKeeps();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.Equal(1000, new Span<byte>((void*)block, 1000).Count((byte)0x42));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nint AllocateFromAHeapNobodyKeeps()
    {
        nint block = new Arena(new ArenaOptions { ChunkSize = MiB }).CreateHeap().Allocate(1000);
        new Span<byte>((void*)block, 1000).Fill(0x42);
        return block;
    }

    private nint[] AllocateMany(int count, nuint size)
    {
        nint[] blocks = [.. Enumerable.Range(0, count).Select(_ => _heap.Allocate(size))];
        Assert.DoesNotContain(0, blocks);
        return blocks;
    }
}
