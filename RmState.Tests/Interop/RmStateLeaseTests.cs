using Rm.Interop;
using Rm.Violations;

namespace Rm.Tests.Interop;

/// <summary>A lease returns its state once, however often it is copied and disposed, and never somebody else's.</summary>
public sealed class RmStateLeaseTests
{
    [Fact]
    public void ReturnsItsStateAtTheEndOfUsing()
    {
        using var pool = new RmStatePool();
        RmState state;
        using (RmStateLease lease = pool.Lease())
        {
            state = lease.State;
            Assert.True(lease.IsActive);
            Assert.Equal(0, pool.Idle);
        }

        Assert.Equal(1, pool.Idle);
        Assert.Same(state, pool.Rent());
    }

    [Fact]
    public void DisposingTwiceReturnsOnce()
    {
        using var pool = new RmStatePool();
        RmStateLease lease = pool.Lease();
        lease.Dispose();
        lease.Dispose();

        Assert.Equal(1, pool.Idle);
        Assert.False(lease.IsActive);
        Assert.Throws<ObjectDisposedException>(() => lease.State);
    }

    [Fact]
    public void ACopyEndsTheLeaseForAll()
    {
        using var pool = new RmStatePool();
        RmStateLease lease = pool.Lease();
        RmStateLease copy = lease;
        Assert.Equal(lease, copy);
        copy.Dispose();

        Assert.False(lease.IsActive);
        Assert.Throws<ObjectDisposedException>(() => lease.State);
        lease.Dispose();
        Assert.Equal(1, pool.Idle);
    }

    [Fact]
    public void AnOldCopyCannotEndALaterLeaseOfTheSameState()
    {
        using var pool = new RmStatePool();
        RmStateLease old = pool.Lease();
        RmState state = old.State;
        old.Dispose();

        using RmStateLease later = pool.Lease();
        Assert.Same(state, later.State);
        nint block = state.RmMalloc(64);
        old.Dispose();

        Assert.True(later.IsActive);
        Assert.False(old.IsActive);
        Assert.NotEqual(old, later);
        Assert.Throws<ObjectDisposedException>(() => old.State);
        Assert.Equal(0, pool.Idle);
        Assert.Equal(0, state.RmRelease(block));
    }

    [Fact]
    public void AStateReturnedByHandEndsItsLease()
    {
        using var pool = new RmStatePool();
        RmStateLease lease = pool.Lease();
        pool.Return(lease.State);
        Assert.False(lease.IsActive);
        lease.Dispose();

        Assert.Equal(1, pool.Idle);
    }

    [Fact]
    public void AStateDisposedMeanwhileIsLetGo()
    {
        using var pool = new RmStatePool();
        using (RmStateLease lease = pool.Lease())
        {
            lease.State.Dispose();
        }

        Assert.Equal(0, pool.Idle);
    }

    [Fact]
    public void DefaultIsNoLease()
    {
        RmStateLease lease = default;
        Assert.False(lease.IsActive);
        Assert.Throws<ObjectDisposedException>(() => lease.State);
        Assert.Equal("no lease", lease.ToString());
        lease.Dispose();
    }

    [Fact]
    public void ALeaseThatCannotEndGoesOn()
    {
        using var pool = new RmStatePool(new RmStateOptions { DisposePolicy = RmDisposePolicy.ThrowIfLive });
        RmStateLease lease = pool.Lease();
        nint block = lease.State.RmMalloc(64);
        Assert.Throws<LiveBlocksException>(lease.Dispose);

        Assert.True(lease.IsActive);
        lease.State.RmRelease(block);
        lease.Dispose();
        Assert.Equal(1, pool.Idle);
    }

    [Fact]
    public void CopiesDisposedOnManyThreadsReturnOnce()
    {
        using var pool = new RmStatePool(new RmStateOptions(), 16);
        for (int round = 0; round < 200; round++)
        {
            RmStateLease lease = pool.Lease();
            using var start = new Barrier(2);
            var thread = new Thread(() =>
            {
                start.SignalAndWait();
                lease.Dispose();
            });
            thread.Start();
            start.SignalAndWait();
            lease.Dispose();
            thread.Join();
            Assert.Equal(1, pool.Idle);
        }
    }

    [Fact]
    public void TextTellsWhetherItIsActive()
    {
        using var pool = new RmStatePool(new RmStateOptions { Name = "requests" });
        RmStateLease lease = pool.Lease();
        Assert.Equal("active lease of 'requests'", lease.ToString());
        lease.Dispose();
        Assert.Equal("ended lease of 'requests'", lease.ToString());
    }
}
