using Rm.Fuzz.Subjects;

namespace Rm.Tests.Fuzz;

/// <summary>The checking allocator notices what a state must never do; a check that cannot fail would prove nothing.</summary>
public sealed class RegionAllocatorTests : IDisposable
{
    private readonly FixedRegion _region = new(13);
    private readonly RegionAllocator _allocator;

    public RegionAllocatorTests() => _allocator = new RegionAllocator(_region.Start, knowsSizes: true);

    public void Dispose() => _region.Dispose();

    [Fact]
    public void NoticesADoubleFree()
    {
        nint block = _allocator.Allocate(40);
        _allocator.Free(block, 40, 0);
        Assert.Null(_allocator.Misuse);
        _allocator.Free(block, 40, 0);
        Assert.NotNull(_allocator.Misuse);
    }

    [Theory]
    [InlineData(41, 0)]
    [InlineData(40, 32)]
    public void NoticesAFreeWithAnotherSizeOrAlignment(int size, int alignment)
    {
        _allocator.Free(_allocator.Allocate(40), (nuint)size, (nuint)alignment);
        Assert.NotNull(_allocator.Misuse);
    }

    [Fact]
    public void AFreedAddressComesBackAtOnce()
    {
        nint block = _allocator.Allocate(40);
        nint other = _allocator.Allocate(40);
        _allocator.Free(block, 0, 0);
        Assert.Equal(block, _allocator.Peek(33));
        Assert.Equal(block, _allocator.Allocate(64));
        Assert.NotEqual(block, other);
        Assert.Null(_allocator.Misuse);
    }

    [Fact]
    public void FailsTheCallItIsToldToFail()
    {
        _allocator.FailAfter(2);
        Assert.NotEqual(0, _allocator.Allocate(8));
        Assert.False(_allocator.Failed);
        Assert.Equal(0, _allocator.Allocate(8));
        Assert.True(_allocator.Failed);
        Assert.NotEqual(0, _allocator.Allocate(8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(4096)]
    public void AlignsBlocks(int alignment)
    {
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(0, _allocator.AllocateAligned(24, (nuint)alignment) % Math.Max(alignment, 16));
        }
    }
}
