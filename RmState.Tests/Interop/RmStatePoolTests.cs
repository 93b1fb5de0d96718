using Microsoft.Extensions.ObjectPool;
using Rm.Interop;
using Rm.Violations;

namespace Rm.Tests.Interop;

/// <summary>A pool lends each state to one user at a time, gets it back empty, and knows its own.</summary>
public sealed class RmStatePoolTests
{
    [Fact]
    public void LendsAReturnedStateAgain()
    {
        using var pool = new RmStatePool();
        RmState first = pool.Rent();
        pool.Return(first);

        Assert.Equal(1, pool.Idle);
        Assert.Same(first, pool.Rent());
        Assert.Equal(0, pool.Idle);
        Assert.NotSame(first, pool.Rent());
    }

    [Fact]
    public void MakesStatesByItsOptions()
    {
        using var pool = new RmStatePool(new RmStateOptions { Name = "requests" }, 3);
        Assert.Equal("requests", pool.Rent().Name);
        Assert.Equal(3, pool.MaximumRetained);
    }

    [Fact]
    public void AReturnedStateHasFreedItsBlocks()
    {
        using var allocator = new ReusingAllocator();
        using var pool = new RmStatePool(new RmStateOptions { Allocator = allocator });
        RmState state = pool.Rent();
        nint block = state.RmMalloc(64);
        state.RmRetain(block);
        pool.Return(state);

        Assert.Equal(0, allocator.Outstanding);
        Assert.Same(state, pool.Rent());
        Assert.Equal(0, state.Statistics.LiveBlocks);
        Assert.Equal(0, state.Statistics.Allocations);
        Assert.False(state.RmContains(block));
    }

    [Fact]
    public void ReportsWhatAStateDidNotRelease()
    {
        var reports = new List<RmLeakReport>();
        using var pool = new RmStatePool(new RmStateOptions { Name = "requests", OnLeak = reports.Add });
        RmState state = pool.Rent();
        state.RmMalloc(64);
        pool.Return(state);

        RmLeakReport report = Assert.Single(reports);
        Assert.Equal("requests", report.StateName);
        Assert.Equal(1, report.LiveBlocks);
        Assert.Equal(64, report.LiveBytes);

        pool.Return(pool.Rent());
        Assert.Single(reports);
    }

    [Fact]
    public void GivesAbandonedReferencesBackBeforeItReports()
    {
        using var allocator = new ReusingAllocator();
        var reports = new List<RmLeakReport>();
        using var pool = new RmStatePool(new RmStateOptions { Allocator = allocator, OnLeak = reports.Add });
        RmState state = pool.Rent();
        RmBlockHandle.Own(state, state.RmMalloc(64)).Abandon();
        pool.Return(state);

        Assert.Empty(reports);
        Assert.Equal(0, allocator.Outstanding);
        Assert.Equal(0, state.ReleaseAbandoned());
    }

    [Fact]
    public void RentingAgainAllocatesNothing()
    {
        using var pool = new RmStatePool();
        for (int i = 0; i < 100; i++)
        {
            Use(pool);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Use(pool);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        static void Use(RmStatePool pool)
        {
            using (RmStateLease lease = pool.Lease())
            {
                RmState leased = lease.State;
                leased.RmRelease(leased.RmMalloc(64));
            }

            RmState state = pool.Rent();
            state.RmRelease(state.RmMalloc(64));
            pool.Return(state);
        }
    }

    [Fact]
    public void KeepsNoMoreThanItsMaximum()
    {
        using var pool = new RmStatePool(new RmStateOptions(), 2);
        RmState[] states = [pool.Rent(), pool.Rent(), pool.Rent()];
        foreach (RmState state in states)
        {
            pool.Return(state);
        }

        Assert.Equal(2, pool.Idle);
        Assert.Equal(1, states.Count(s => s.IsDisposed));
        Assert.True(states[2].IsDisposed);
    }

    [Fact]
    public void ReturningTwiceIsAnError()
    {
        using var pool = new RmStatePool();
        RmState state = pool.Rent();
        pool.Return(state);

        Assert.Throws<InvalidOperationException>(() => pool.Return(state));
        Assert.Equal(1, pool.Idle);
        Assert.False(state.IsDisposed);
    }

    [Fact]
    public void ReturningAStrangerIsAnError()
    {
        using var pool = new RmStatePool();
        using var other = new RmStatePool();
        using var state = new RmState();
        using RmState lent = other.Rent();

        Assert.Throws<ArgumentNullException>(() => pool.Return(null!));
        Assert.Throws<ArgumentException>(() => pool.Return(state));
        Assert.Throws<ArgumentException>(() => pool.Return(lent));
        Assert.Equal(0, pool.Idle);
        Assert.False(lent.IsDisposed);
        other.Return(lent);
    }

    [Fact]
    public void ReturningADisposedStateIsAnError()
    {
        using var pool = new RmStatePool();
        RmState state = pool.Rent();
        state.Dispose();

        Assert.Throws<ObjectDisposedException>(() => pool.Return(state));
        Assert.Equal(0, pool.Idle);
        Assert.NotSame(state, pool.Rent());
    }

    [Fact]
    public void AStateDisposedWhileIdleIsNotLent()
    {
        using var pool = new RmStatePool();
        RmState kept = pool.Rent();
        RmState good = pool.Rent();
        pool.Return(good);
        pool.Return(kept);
        kept.Dispose();

        Assert.Same(good, pool.Rent());
        Assert.Equal(0, pool.Idle);
    }

    [Fact]
    public void DisposingThePoolDisposesIdleStatesAndLaterReturns()
    {
        var pool = new RmStatePool();
        RmState idle = pool.Rent();
        RmState lent = pool.Rent();
        pool.Return(idle);
        pool.Dispose();
        pool.Dispose();

        Assert.True(pool.IsDisposed);
        Assert.True(idle.IsDisposed);
        Assert.False(lent.IsDisposed);
        Assert.Throws<ObjectDisposedException>(pool.Rent);
        Assert.Throws<ObjectDisposedException>(() => pool.Lease());
        pool.Return(lent);
        Assert.True(lent.IsDisposed);
        Assert.Equal(0, pool.Idle);
    }

    [Fact]
    public void AStateThatMayNotBeEmptiedStaysTheCallers()
    {
        using var pool = new RmStatePool(new RmStateOptions { DisposePolicy = RmDisposePolicy.ThrowIfLive });
        RmState state = pool.Rent();
        nint block = state.RmMalloc(64);
        Assert.Throws<LiveBlocksException>(() => pool.Return(state));
        Assert.Equal(0, pool.Idle);

        state.RmRelease(block);
        pool.Return(state);
        Assert.Equal(1, pool.Idle);
    }

    [Fact]
    public void AStateWhoseLeakCallbackThrowsStaysTheCallers()
    {
        using var allocator = new ReusingAllocator();
        var failure = new IOException("the log is full");
        using var pool = new RmStatePool(new RmStateOptions { Allocator = allocator, OnLeak = _ => throw failure });
        RmState state = pool.Rent();
        nint block = state.RmMalloc(64);
        Assert.Same(failure, Assert.Throws<IOException>(() => pool.Return(state)));
        Assert.Equal(1, state.RmCount(block));

        state.RmRelease(block);
        pool.Return(state);
        Assert.Equal(1, pool.Idle);
    }

    [Fact]
    public void AStateReturnedFromItsOwnDeallocatorStaysTheCallers()
    {
        using var pool = new RmStatePool();
        RmState state = pool.Rent();
        Exception? inside = null;
        state.RmAttach(0x1230, _ => inside = Record.Exception(() => pool.Return(state)));
        state.RmRelease(0x1230);

        Assert.IsType<ConcurrentUseException>(inside);
        Assert.Equal(0, pool.Idle);
        pool.Return(state);
        Assert.Equal(1, pool.Idle);
    }

    [Fact]
    public void ADeallocatorsExceptionSurfacesAndTheStateIsBack()
    {
        using var allocator = new ReusingAllocator();
        using var pool = new RmStatePool(new RmStateOptions { Allocator = allocator });
        RmState state = pool.Rent();
        var failure = new IOException("cannot unmap");
        state.RmMalloc(64);
        state.RmAttach(0x1230, _ => throw failure);

        Assert.Same(failure, Assert.Throws<IOException>(() => pool.Return(state)));
        Assert.Equal(0, allocator.Outstanding);
        Assert.Same(state, pool.Rent());
        pool.Return(state);
    }

    [Fact]
    public void EveryFailureOfAReturnSurfaces()
    {
        using var pool = new RmStatePool();
        RmState state = pool.Rent();
        var failures = new[] { new IOException("one"), new IOException("two") };
        state.RmAttach(0x1230, _ => throw failures[0]);
        state.RmAttach(0x4560, _ => throw failures[1]);
        RmBlockHandle.Own(state, 0x1230).Abandon();

        var both = Assert.Throws<AggregateException>(() => pool.Return(state));
        Assert.Equal(failures, both.InnerExceptions);
        Assert.Equal(1, pool.Idle);
    }

    [Fact]
    public void BadNumbersAreRefused()
    {
        var options = new RmStateOptions();
        Assert.Throws<ArgumentNullException>(() => new RmStatePool((RmStateOptions)null!));
        Assert.Throws<ArgumentNullException>(() => new RmStatePool((IPooledObjectPolicy<RmState>)null!));
        Assert.Throws<ArgumentOutOfRangeException>("maximumRetained", () => new RmStatePool(options, 0));
        Assert.Throws<ArgumentOutOfRangeException>("maximumRetained", () => new RmStatePool(options, -1));
        Assert.Throws<ArgumentOutOfRangeException>("maximumRetained", () => new RmStatePool(options, RmStatePool.MaximumRetainedLimit + 1));
        Assert.Throws<ArgumentNullException>(() => new RmStatePoolPolicy(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RmStatePoolPolicy(new RmStateOptions { InitialCapacity = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RmStatePool(new RmStateOptions { InitialCapacity = -1 }));
    }

    [Fact]
    public void AStateWhoseTableGrewLargeComesBackSmall()
    {
        using var pool = new RmStatePool();
        RmState state = pool.Rent();
        for (int i = 1; i <= 200_000; i++)
        {
            state.RmAttach(i * 64, static _ => { });
        }

        long grown = state.Statistics.TableBytes;
        pool.Return(state);
        Assert.Same(state, pool.Rent());
        Assert.InRange(state.Statistics.TableBytes, 0, grown / 4);
        Assert.Equal(1, state.RmRetain(state.RmMalloc(64)) - 1);
    }

    [Fact]
    public void ThePolicyServesOtherPools()
    {
        using var allocator = new ReusingAllocator();
        var options = new RmStateOptions { Allocator = allocator };
        ObjectPool<RmState> pool = new DefaultObjectPoolProvider { MaximumRetained = 2 }.Create(new RmStatePoolPolicy(options));
        RmState state = pool.Get();
        state.RmMalloc(64);
        pool.Return(state);
        Assert.Equal(0, allocator.Outstanding);
        Assert.Same(state, pool.Get());

        state.Dispose();
        pool.Return(state);
        Assert.NotSame(state, pool.Get());
        ((IDisposable)pool).Dispose();
    }

    [Fact]
    public void ThePoolServesCodeThatTakesAnObjectPool()
    {
        using var own = new RmStatePool();
        ObjectPool<RmState> pool = own;
        RmState state = pool.Get();
        pool.Return(state);
        Assert.Same(state, pool.Get());
        Assert.Throws<InvalidOperationException>(() =>
        {
            pool.Return(state);
            pool.Return(state);
        });
    }

    [Fact]
    public void AnUnwantedStateIsDisposed()
    {
        using var pool = new RmStatePool(new WantsNone());
        RmState state = pool.Rent();
        pool.Return(state);
        Assert.True(state.IsDisposed);
        Assert.Equal(0, pool.Idle);
    }

    [Fact]
    public void ManyThreadsNeverShareAState()
    {
        using var pool = new RmStatePool(new RmStateOptions(), 2);
        int failures = 0;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 2000; i++)
            {
                using RmStateLease lease = pool.Lease();
                RmState state = lease.State;
                nint block = state.RmMalloc(32);
                if (state.Statistics.LiveBlocks != 1 || state.RmRelease(block) != 0)
                {
                    Interlocked.Increment(ref failures);
                }
            }
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Assert.Equal(0, failures);
        Assert.InRange(pool.Idle, 1, 2);
    }

    [Fact]
    public void APolicyIsNotAskedAboutADisposedState()
    {
        using var pool = new RmStatePool(new Resets());
        using (RmStateLease lease = pool.Lease())
        {
            lease.State.Dispose();
        }

        RmState state = pool.Rent();
        state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Return(state));
        Assert.Equal(0, pool.Idle);
    }

    private sealed class Resets : IPooledObjectPolicy<RmState>
    {
        public RmState Create() => new();

        public bool Return(RmState obj)
        {
            obj.Reset();
            return true;
        }
    }

    private sealed class WantsNone : IPooledObjectPolicy<RmState>
    {
        public RmState Create() => new();

        public bool Return(RmState obj) => false;
    }
}
