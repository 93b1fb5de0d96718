using Rm.Arenas;
using Rm.Memory;

namespace Rm.Tests.Contracts;

/// <summary>What every allocator promises that is a pool of an arena: misuse is found, limits are kept, everything is returned.</summary>
public abstract partial class PoolContract : AllocatorContract
{
    [Fact]
    public void ItKnowsItsBlocksAndTheirSizes()
    {
        AllocatorSubject subject = NewSubject();
        HeldBlock[] blocks = [.. Sizes(subject).Select(size => Allocate(subject, size))];

        Assert.True(subject.Allocator.KnowsSizes);
        Assert.All(blocks, b =>
        {
            Assert.True(subject.Allocator.UsableSize(b.Address) >= b.Size);
            Assert.Equal(AddressOwner.Mine, subject.Allocator.OwnerOf(b.Address));
            Assert.Equal(AddressOwner.Mine, subject.Allocator.OwnerOf(b.Address + (nint)(b.Size / 2)));
            Assert.True(subject.Pool!.Contains(b.Address));
            Assert.Same(subject.Pool, subject.Arena!.PoolOf(b.Address));
        });
        Assert.Equal(AddressOwner.Foreign, subject.Allocator.OwnerOf(0));
        Assert.Equal(AddressOwner.Foreign, subject.Allocator.OwnerOf(1));
        Assert.Equal(AddressOwner.Foreign, subject.Allocator.OwnerOf(-1));
        Assert.Equal(0u, subject.Allocator.UsableSize(0));
        Assert.Equal(0u, subject.Allocator.UsableSize(-16));
        FreeAll(subject, blocks);
        Assert.All(blocks, b => Assert.Equal(0u, subject.Allocator.UsableSize(b.Address)));
    }

    [Fact]
    public void UsageCountsWhatLives()
    {
        AllocatorSubject subject = NewSubject();
        Assert.Equal(0, subject.Pool!.Usage.LiveBlocks);
        Assert.Equal(0u, subject.Pool.Usage.LiveBytes);
        HeldBlock[] blocks = [.. Sizes(subject).Select(size => Allocate(subject, size))];
        nuint bytes = blocks.Aggregate((nuint)0, (sum, b) => sum + b.Extent);

        PoolUsage usage = subject.Pool.Usage;
        Assert.Equal(blocks.Length, usage.LiveBlocks);
        Assert.Equal(bytes, usage.LiveBytes);
        Assert.True(usage.CommittedBytes >= usage.LiveBytes);
        Assert.InRange(usage.Slabs, 1, blocks.Length);
        Assert.Equal(blocks.Length, subject.Arena!.Statistics.LiveBlocks);
        Assert.Equal(bytes, subject.Arena.Statistics.LiveBytes);

        FreeAll(subject, blocks);
        Assert.Equal(0, subject.Pool.Usage.LiveBlocks);
        Assert.Equal(0u, subject.Pool.Usage.LiveBytes);
        Assert.Null(subject.FindRetained());
    }

    [Fact]
    public void DisposeEndsBlocksThatLiveAndGivesAllMemoryBack()
    {
        AllocatorSubject subject = NewSubject();
        foreach (nuint size in Sizes(subject))
        {
            Allocate(subject, size);
        }

        subject.Pool!.Dispose();
        subject.Pool.Dispose();

        Assert.True(subject.Pool.IsDisposed);
        Assert.Equal(default, subject.Pool.Usage);
        Assert.Empty(subject.Arena!.Pools);
        subject.Arena.Verify();
        _ = subject.Arena.Trim();
        Assert.Equal(subject.Arena.SpareBytes, subject.Arena.CommittedBytes);
        Assert.True(subject.Arena.CommittedBytes <= subject.KeptBytes);
    }

    [Fact]
    public void UseAfterDisposeIsRefused()
    {
        AllocatorSubject subject = NewSubject();
        INativeAllocator allocator = subject.Allocator;
        nint block = Allocate(subject, 24).Address;
        subject.Pool!.Dispose();

        Assert.Throws<ObjectDisposedException>(() => allocator.Allocate(24));
        Assert.Throws<ObjectDisposedException>(() => allocator.Allocate(nuint.Min(8 << 20, subject.LargestSize)));
        Assert.Throws<ObjectDisposedException>(() => allocator.AllocateZeroed(24));
        Assert.Throws<ObjectDisposedException>(() => allocator.AllocateAligned(24, nuint.Min(64, subject.LargestAlignment)));
        Assert.Throws<ObjectDisposedException>(() => allocator.Reallocate(block, 24, 48, 0));
        Assert.Throws<ObjectDisposedException>(() => allocator.Free(block, 24, 0));
        Assert.Throws<ObjectDisposedException>(() => allocator.Free(0, 0, 0));
        Assert.Throws<ObjectDisposedException>(() => allocator.UsableSize(block));
        Assert.Throws<ObjectDisposedException>(() => subject.Pool.Trim());
        Assert.Throws<ObjectDisposedException>(subject.Pool.Verify);
        Assert.NotEqual(AddressOwner.Mine, allocator.OwnerOf(block));
        Assert.Contains("disposed", subject.Pool.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void UseAfterTheArenasDisposeIsRefused()
    {
        AllocatorSubject subject = NewSubject();
        nint block = Allocate(subject, 24).Address;
        subject.Arena!.Dispose();

        Assert.True(subject.Pool!.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => subject.Allocator.Allocate(24));
        Assert.Throws<ObjectDisposedException>(() => subject.Allocator.Free(block, 24, 0));
        Assert.NotEqual(AddressOwner.Mine, subject.Allocator.OwnerOf(block));
    }

    [Fact]
    public void NegativeBudgetIsRefused()
    {
        AllocatorSubject subject = NewSubject();
        HeldBlock held = Allocate(subject, 16);

        Assert.Throws<ArgumentOutOfRangeException>(() => subject.Pool!.Trim(-1));
        AssertUnchanged(subject, held);
        FreeAll(subject, [held]);
    }

    /// <summary>Sizes of every kind that the allocator grants.</summary>
    private protected static IEnumerable<nuint> Sizes(AllocatorSubject subject) =>
        new nuint[] { 0, 1, 16, 100, 1000, 1025, 10_000, 33_000, 200_000, 1 << 20, (1 << 20) + 1, 3 << 20 }
            .Where(size => size <= subject.LargestSize);

    private protected static void FreeAll(AllocatorSubject subject, IEnumerable<HeldBlock> blocks)
    {
        foreach (HeldBlock block in blocks)
        {
            subject.Allocator.Free(block.Address, block.Size, block.Alignment);
        }
    }
}
