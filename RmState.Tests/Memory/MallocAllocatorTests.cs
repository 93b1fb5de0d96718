using System.Runtime.InteropServices;
using Rm.Memory;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Memory;

/// <summary>The default allocator keeps the contract of <see cref="INativeAllocator"/> over libc.</summary>
public sealed unsafe class MallocAllocatorTests : LeakChecked
{
    private readonly MallocAllocator _allocator = new();

    // Larger than any address space; one that a careless size + header or size * n computation wraps; and one that cannot be had.
    public static TheoryData<ulong> ImpossibleSizes =>
        [nuint.MaxValue, nuint.MaxValue - 15, (nuint)nint.MaxValue, (nuint)nint.MaxValue - 4096, 1UL << 60];

    public static TheoryData<int> Alignments => [.. Enumerable.Range(0, 21).Select(shift => 1 << shift)];

    [Fact]
    public void SizeZeroGivesAUniqueBlock()
    {
        nint[] blocks = [_allocator.Allocate(0), _allocator.Allocate(0), _allocator.AllocateZeroed(0), _allocator.AllocateAligned(0, 64)];

        Assert.DoesNotContain((nint)0, blocks);
        Assert.Equal(blocks.Length, blocks.Distinct().Count());
        FreeAll(blocks.AsSpan(0, 3), 0, 0);
        _allocator.Free(blocks[3], 0, 64);
    }

    [Theory]
    [MemberData(nameof(ImpossibleSizes))]
    public void ImpossibleSizeGivesZero(ulong size)
    {
        nint block = _allocator.Allocate(16);
        new Span<byte>((void*)block, 16).Fill(0x5A);

        Assert.Equal(0, _allocator.Allocate((nuint)size));
        Assert.Equal(0, _allocator.AllocateZeroed((nuint)size));
        Assert.Equal(0, _allocator.AllocateAligned((nuint)size, 4096));
        Assert.Equal(0, _allocator.Reallocate(block, 16, (nuint)size, 0));

        Assert.Equal(16, new Span<byte>((void*)block, 16).Count((byte)0x5A));
        _allocator.Free(block, 16, 0);
    }

    [Theory]
    [MemberData(nameof(ImpossibleSizes))]
    public void ImpossibleSizeOfAnAlignedBlockLeavesItUnchanged(ulong size)
    {
        nint block = _allocator.AllocateAligned(256, 256);
        new Span<byte>((void*)block, 256).Fill(0x5A);

        Assert.Equal(0, _allocator.Reallocate(block, 256, (nuint)size, 256));

        Assert.Equal(256, new Span<byte>((void*)block, 256).Count((byte)0x5A));
        _allocator.Free(block, 256, 256);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(4096)]
    [InlineData(1_000_003)]
    public void BlocksAreWritableAndAlignedTo16(int size)
    {
        nint[] blocks = [.. Enumerable.Range(0, 16).Select(_ => _allocator.Allocate((nuint)size))];
        for (int i = 0; i < blocks.Length; i++)
        {
            new Span<byte>((void*)blocks[i], size).Fill((byte)i);
        }

        Assert.All(blocks, b => Assert.Equal(0, b % 16));
        for (int i = 0; i < blocks.Length; i++)
        {
            Assert.Equal(size, new Span<byte>((void*)blocks[i], size).Count((byte)i));
        }

        FreeAll(blocks, (nuint)size, 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(24)]
    [InlineData(5000)]
    [InlineData(300_000)]
    public void ZeroedBlocksAreZeroEvenWhereMemoryWasUsedBefore(int size)
    {
        for (int round = 0; round < 20; round++)
        {
            nint dirty = _allocator.Allocate((nuint)size);
            new Span<byte>((void*)dirty, size).Fill(0xFF);
            _allocator.Free(dirty, (nuint)size, 0);

            nint zeroed = _allocator.AllocateZeroed((nuint)size);
            Assert.Equal(-1, new Span<byte>((void*)zeroed, size).IndexOfAnyExcept((byte)0));
            _allocator.Free(zeroed, (nuint)size, 0);
        }
    }

    [Theory]
    [MemberData(nameof(Alignments))]
    public void AlignedBlocksAreAligned(int alignment)
    {
        nuint[] sizes = [0, 1, 100, 4097, 70_000];
        (nint Block, nuint Size)[] blocks = [.. sizes.Select(s => (_allocator.AllocateAligned(s, (nuint)alignment), s))];

        foreach ((nint block, nuint size) in blocks)
        {
            Assert.NotEqual(0, block);
            Assert.Equal(0, block % alignment);
            new Span<byte>((void*)block, (int)size).Fill(1);
        }

        foreach ((nint block, nuint size) in blocks)
        {
            _allocator.Free(block, size, (nuint)alignment);
        }
    }

    [Theory]
    [MemberData(nameof(Alignments))]
    public void ReallocateKeepsContentsAndAlignment(int alignment)
    {
        int size = 100;
        nint block = _allocator.AllocateAligned((nuint)size, (nuint)alignment);
        Fill(block, 0, size);
        foreach (int next in new[] { 101, 5000, 300_000, 64, 40, 1_000_000, 7 })
        {
            block = _allocator.Reallocate(block, (nuint)size, (nuint)next, (nuint)alignment);
            Assert.NotEqual(0, block);
            Assert.Equal(0, block % alignment);
            AssertFilled(block, Math.Min(size, next));
            Fill(block, size, next);
            size = next;
        }

        _allocator.Free(block, (nuint)size, (nuint)alignment);
    }

    [Fact]
    public void ReallocateWithoutAlignmentKeepsContents()
    {
        nint block = _allocator.Allocate(10);
        Fill(block, 0, 10);

        block = _allocator.Reallocate(block, 10, 100_000, 0);
        AssertFilled(block, 10);
        block = _allocator.Reallocate(block, 100_000, 5, 0);
        AssertFilled(block, 5);

        _allocator.Free(block, 5, 0);
    }

    [Fact]
    public void ReallocateOfAnUnknownSizeKeepsContents()
    {
        nint block = _allocator.Allocate(50);
        Fill(block, 0, 50);

        block = _allocator.Reallocate(block, oldSize: 0, newSize: 5000, alignment: 0);

        AssertFilled(block, 50);
        _allocator.Free(block, 0, 0);
    }

    [Fact]
    public void ReallocateOfAnUnknownSizeKeepsTheContentsOfAnAlignedBlockToo()
    {
        nint block = _allocator.AllocateAligned(50, 256);
        Fill(block, 0, 50);

        block = _allocator.Reallocate(block, oldSize: 0, newSize: 5000, alignment: 256);

        Assert.Equal(0, block % 256);
        AssertFilled(block, 50);
        _allocator.Free(block, 0, 256);
    }

    [Fact]
    public void ReallocateToZeroGivesABlockOfSizeZero()
    {
        nint block = _allocator.Reallocate(_allocator.Allocate(50), 50, 0, 0);
        nint aligned = _allocator.Reallocate(_allocator.AllocateAligned(50, 128), 50, 0, 128);

        Assert.NotEqual(0, block);
        Assert.NotEqual(0, aligned);
        Assert.Equal(0, aligned % 128);
        _allocator.Free(block, 0, 0);
        _allocator.Free(aligned, 0, 128);
    }

    [Fact]
    public void BlocksAreMallocsSoThatNativeCodeMayFreeThem()
    {
        nint plain = _allocator.Allocate(100);
        nint zeroed = _allocator.AllocateZeroed(100);
        Assert.True(plain != 0 && zeroed != 0 && plain != zeroed);

        // glibc aborts the process on a pointer that is not its own.
        NativeMemory.Free((void*)plain);
        NativeMemory.Free((void*)zeroed);
    }

    [Fact]
    public void BlocksOfMallocMayBeFreedThroughIt()
    {
        nint block = (nint)NativeMemory.Alloc(100);
        block = _allocator.Reallocate(block, 0, 200, 0);
        Assert.NotEqual(0, block);
        _allocator.Free(block, 0, 0);
    }

    [Fact]
    public void ItKnowsNeitherSizesNorAddresses()
    {
        nint block = _allocator.Allocate(1);

        Assert.False(_allocator.KnowsSizes);
        Assert.Equal(AddressOwner.Unknown, _allocator.OwnerOf(block));
        Assert.Equal(AddressOwner.Unknown, _allocator.OwnerOf(1));
        _allocator.Free(block, 1, 0);
    }

    private static void Fill(nint block, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            ((byte*)block)[i] = (byte)((i * 31L) & 0xFF);
        }
    }

    private static void AssertFilled(nint block, int size)
    {
        for (int i = 0; i < size; i++)
        {
            if (((byte*)block)[i] != (byte)((i * 31L) & 0xFF))
            {
                Assert.Fail($"byte {i} of {size} was not kept");
            }
        }
    }

    private void FreeAll(ReadOnlySpan<nint> blocks, nuint size, nuint alignment)
    {
        foreach (nint block in blocks)
        {
            _allocator.Free(block, size, alignment);
        }
    }
}
