using Rm.Tests.Interop;
using Rm.Violations;

namespace Rm.Tests;

/// <summary>A reference answers for the block it was made for and for no other, whatever happens at the address.</summary>
public sealed class RmRefTests : IDisposable
{
    private readonly ReusingAllocator _allocator = new();
    private readonly RmState _state;

    public RmRefTests() => _state = new RmState(new RmStateOptions { Allocator = _allocator });

    public void Dispose()
    {
        _state.Dispose();
        _allocator.Dispose();
    }

    [Fact]
    public void NamesALiveBlockWithoutHoldingIt()
    {
        nint block = _state.RmMalloc(64);
        RmRef reference = _state.RmReference(block);

        Assert.True(reference.IsAlive);
        Assert.Equal(block, reference.Block);
        Assert.True(reference.TryGetBlock(out nint found));
        Assert.Equal(block, found);
        Assert.Equal(1, reference.Count);
        Assert.Equal(1, _state.RmCount(block));
    }

    [Fact]
    public void RetainsAndReleases()
    {
        nint block = _state.RmMalloc(64);
        RmRef reference = _state.RmReference(block);

        Assert.Equal(2, reference.Retain());
        Assert.Equal(2, _state.RmCount(block));
        Assert.Equal(1, reference.Release());
        Assert.Equal(0, reference.Release());
        Assert.False(reference.IsAlive);
        Assert.Equal(0, _allocator.Outstanding);
    }

    [Fact]
    public void GoesStaleWithItsBlockAndSoDoItsCopies()
    {
        nint block = _state.RmMalloc(64);
        RmRef reference = _state.RmReference(block);
        RmRef copy = reference;
        _state.RmRelease(block);

        AssertStale(reference, block, "was released");
        AssertStale(copy, block, "was released");
    }

    [Fact]
    public void NeverAnswersForAnotherBlockAtTheSameAddress()
    {
        nint block = _state.RmMalloc(64);
        RmRef reference = _state.RmReference(block);
        _state.RmRelease(block);
        Assert.Equal(block, _state.RmMalloc(128));

        AssertStale(reference, block, "belongs to another block");
        Assert.Equal(1, _state.RmCount(block));
        Assert.NotEqual(reference, _state.RmReference(block));

        // Making the new block's own reference must not revive the old one.
        AssertStale(reference, block, "belongs to another block");
        Assert.True(_state.RmReference(block).IsAlive);
    }

    [Fact]
    public void GoesStaleWhenTheBlockIsDetached()
    {
        nint block = _state.RmMalloc(64);
        RmRef reference = _state.RmReference(block);
        _state.RmDetach(block);

        AssertStale(reference, block, "was released");
        _state.RmAttach(block, b => _allocator.Free(b, 0, 0));
        AssertStale(reference, block, "belongs to another block");
    }

    [Fact]
    public void GoesStaleWhenTheBlockMoves()
    {
        nint block = _state.RmMalloc(64);
        RmRef reference = _state.RmReference(block);
        Assert.NotEqual(block, _state.RmRealloc(block, 128));

        Assert.False(reference.IsAlive);
        Assert.Throws<StaleReferenceException>(() => reference.Block);
    }

    [Fact]
    public void GoesStaleWithAReset()
    {
        nint block = _state.RmMalloc(64);
        RmRef reference = _state.RmReference(block);
        _state.Reset();
        Assert.False(reference.IsAlive);

        Assert.Equal(block, _state.RmMalloc(64));
        RmRef next = _state.RmReference(block);
        AssertStale(reference, block, "belongs to another block");
        Assert.True(next.IsAlive);
    }

    [Fact]
    public void IsNotAliveInsideItsBlocksDeallocator()
    {
        bool? alive = null;
        nint block = _allocator.Allocate(64);
        RmRef reference = default;
        _state.RmAttach(block, b =>
        {
            alive = reference.IsAlive;
            _allocator.Free(b, 0, 0);
        });
        reference = _state.RmReference(block);
        _state.RmRelease(block);

        Assert.False(alive);
    }

    [Fact]
    public void OfADisposedStateIsDeadAndSaysSo()
    {
        nint block = _state.RmMalloc(64);
        RmRef reference = _state.RmReference(block);
        _state.Dispose();

        Assert.False(reference.IsAlive);
        Assert.False(reference.TryGetBlock(out nint found));
        Assert.Equal(0, found);
        Assert.Throws<ObjectDisposedException>(() => reference.Block);
        Assert.Throws<ObjectDisposedException>(() => reference.Count);
        Assert.Throws<ObjectDisposedException>(() => reference.Retain());
        Assert.Throws<ObjectDisposedException>(() => reference.Release());
    }

    [Fact]
    public void DefaultIsNeverAlive()
    {
        RmRef reference = default;

        Assert.False(reference.IsAlive);
        Assert.False(reference.TryGetBlock(out nint found));
        Assert.Equal(0, found);
        Assert.Throws<StaleReferenceException>(() => reference.Block);
        Assert.Throws<StaleReferenceException>(() => reference.Count);
        Assert.Throws<StaleReferenceException>(() => reference.Retain());
        Assert.Throws<StaleReferenceException>(() => reference.Release());
        Assert.Equal("none", reference.ToString());
    }

    [Fact]
    public void EqualityIsOfBlocksNotOfAddresses()
    {
        nint block = _state.RmMalloc(64);
        nint other = _state.RmMalloc(64);
        RmRef reference = _state.RmReference(block);

        Assert.Equal(reference, _state.RmReference(block));
        Assert.Equal(reference.GetHashCode(), _state.RmReference(block).GetHashCode());
        Assert.NotEqual(reference, _state.RmReference(other));
        Assert.NotEqual(reference, default);

        using var second = new RmState();
        second.RmAttach(block, static _ => { });
        Assert.NotEqual(reference, second.RmReference(block));
    }

    [Fact]
    public void CannotBeMadeOfWhatDoesNotLive()
    {
        Assert.Throws<ArgumentNullException>(() => _state.RmReference(0));
        Assert.Equal(0x1230, Assert.Throws<UntrackedPointerException>(() => _state.RmReference(0x1230)).Block);

        Exception? inside = null;
        _state.RmAttach(0x1230, b => inside = Record.Exception(() => _state.RmReference(b)));
        _state.RmRelease(0x1230);
        Assert.IsType<FinalizingBlockException>(inside);

        _state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _state.RmReference(0x1230));
    }

    [Fact]
    public void StaleUseCountsAsAViolation()
    {
        nint block = _state.RmMalloc(64);
        RmRef reference = _state.RmReference(block);
        _state.RmRelease(block);
        long before = _state.Statistics.Violations;

        Assert.False(reference.IsAlive);
        Assert.Equal(before, _state.Statistics.Violations);
        Assert.Throws<StaleReferenceException>(() => reference.Block);
        Assert.Equal(before + 1, _state.Statistics.Violations);
    }

    [Fact]
    public void UseAllocatesNothing()
    {
        nint block = _state.RmMalloc(64);
        RmRef reference = _state.RmReference(block);
        Use(reference);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Use(reference);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        static long Use(RmRef reference) =>
            reference.IsAlive && reference.TryGetBlock(out nint _) ? reference.Retain() + reference.Count + reference.Release() : 0;
    }

    [Fact]
    public void TextNamesTheAddress()
    {
        nint block = _state.RmMalloc(64);
        Assert.StartsWith($"0x{block:x}#", _state.RmReference(block).ToString(), StringComparison.Ordinal);
    }

    private static void AssertStale(RmRef reference, nint block, string fate)
    {
        Assert.False(reference.IsAlive);
        Assert.False(reference.TryGetBlock(out nint found));
        Assert.Equal(0, found);
        Func<object>[] uses = [() => reference.Block, () => reference.Count, () => reference.Retain(), () => reference.Release()];
        foreach (Func<object> use in uses)
        {
            var violation = Assert.Throws<StaleReferenceException>(use);
            Assert.Equal(block, violation.Block);
            Assert.Contains($"0x{block:x}", violation.Message, StringComparison.Ordinal);
            Assert.Contains(fate, violation.Message, StringComparison.Ordinal);
        }
    }
}
