using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.ObjectPool;
using Rm.Violations;

namespace Rm.Interop;

/// <summary>
/// Lends states, for one request or job each, and keeps them for the next. It is an <see cref="ObjectPool{T}"/> that also
/// recognises its states: one that comes back twice, or from elsewhere, is refused.
/// </summary>
/// <remarks>
/// <para>A state that comes back is emptied: what it had not released is reported through the OnLeak of its options and freed by its
/// dispose policy. Lending one that is kept allocates nothing, on the GC heap or off it.</para>
/// <para>Thread rule: every member is safe on any thread; a lent state belongs to whoever rented it, and to the pool again from the
/// moment it is returned. The state lent is the one returned last, whose table is likely still cached.</para>
/// </remarks>
[DebuggerDisplay("{Idle} idle of at most {MaximumRetained}, disposed = {IsDisposed}")]
public sealed class RmStatePool : ObjectPool<RmState>, IDisposable
{
    /// <summary>The largest number of idle states that may be asked for.</summary>
    public const int MaximumRetainedLimit = 65536;

    private readonly Lock _gate = new();
    private readonly IPooledObjectPolicy<RmState> _policy;
    private readonly RmState?[] _idle;
    private int _count;
    private bool _disposed;

    /// <summary>A pool of states with default options, keeping two for each processor.</summary>
    public RmStatePool()
        : this(new RmStateOptions())
    {
    }

    /// <summary>A pool of states of one kind.</summary>
    /// <param name="options">How states are made. Its OnLeak hears what a returned state had not released.</param>
    /// <param name="maximumRetained">How many idle states are kept at most, 1 to 65,536; null for two for each processor.</param>
    /// <exception cref="ArgumentNullException">The options are null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number is out of range, or the options are bad.</exception>
    public RmStatePool(RmStateOptions options, int? maximumRetained = null)
        : this(new RmStatePoolPolicy(options), maximumRetained)
    {
    }

    /// <summary>A pool with a policy of your own.</summary>
    /// <param name="policy">Makes and empties the states; a state it does not want to keep is disposed.</param>
    /// <param name="maximumRetained">How many idle states are kept at most, 1 to 65,536; null for two for each processor.</param>
    /// <exception cref="ArgumentNullException">The policy is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number is out of range.</exception>
    public RmStatePool(IPooledObjectPolicy<RmState> policy, int? maximumRetained = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        int maximum = maximumRetained ?? Math.Min(2 * Environment.ProcessorCount, MaximumRetainedLimit);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximum, nameof(maximumRetained));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximum, MaximumRetainedLimit, nameof(maximumRetained));
        _policy = policy;
        _idle = new RmState?[maximum];
    }

    /// <summary>How many idle states are kept at most.</summary>
    public int MaximumRetained => _idle.Length;

    /// <summary>How many states wait to be lent.</summary>
    public int Idle
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Whether the pool is disposed.</summary>
    public bool IsDisposed
    {
        get
        {
            lock (_gate)
            {
                return _disposed;
            }
        }
    }

    /// <summary>Lends a state: an idle one, or a new one when none waits.</summary>
    /// <returns>An empty state, the caller's until he returns or disposes it.</returns>
    /// <remarks>O(1), or what making a state costs.</remarks>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    /// <exception cref="OutOfMemoryException">No memory for a new state's table.</exception>
    public RmState Rent()
    {
        RmState? state = TakeIdle();
        if (state is null)
        {
            state = _policy.Create();
            state.Lender = this;
        }

        // The state is nobody else's here: idle ones leave the array under the lock.
        Volatile.Write(ref state.LeaseNumber, state.LeaseNumber + 1);
        return state;
    }

    /// <summary>The same as <see cref="Rent"/>, for code that knows only <see cref="ObjectPool{T}"/>.</summary>
    /// <returns>An empty state, the caller's until he returns or disposes it.</returns>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    /// <exception cref="OutOfMemoryException">No memory for a new state's table.</exception>
    public override RmState Get() => Rent();

    /// <summary>Lends a state until the lease is disposed.</summary>
    /// <returns>A lease for a <c>using</c> statement.</returns>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    /// <exception cref="OutOfMemoryException">No memory for a new state's table.</exception>
    public RmStateLease Lease()
    {
        RmState state = Rent();
        return new RmStateLease(this, state, state.LeaseNumber);
    }

    /// <summary>
    /// Takes a state back and empties it. It is disposed instead of kept when the pool is full or disposed, or the policy does not
    /// want it.
    /// </summary>
    /// <param name="obj">A state that this pool lent.</param>
    /// <remarks>
    /// O(slots), as <see cref="RmState.Reset"/>. When a deallocator throws the state is back all the same and the exception surfaces afterwards. When the state
    /// could not be emptied (its policy forbids that blocks live, or it is in use) it stays the caller's.
    /// </remarks>
    /// <exception cref="ArgumentNullException">The state is null.</exception>
    /// <exception cref="ArgumentException">The state is not of this pool.</exception>
    /// <exception cref="InvalidOperationException">The state was returned already.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed; it is nobody's now.</exception>
    /// <exception cref="LiveBlocksException">Blocks live and the dispose policy forbids that; the state stays the caller's.</exception>
    /// <exception cref="ConcurrentUseException">The state is in use, by a deallocator or another thread; it stays the caller's.</exception>
    /// <exception cref="AggregateException">Several deallocators threw; one alone surfaces as it is.</exception>
    public override void Return(RmState obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        if (!ReferenceEquals(obj.Lender, this))
        {
            throw new ArgumentException("The state was not lent by this pool; dispose it where it was made.", nameof(obj));
        }

        long number = Volatile.Read(ref obj.LeaseNumber);
        if (!EndLease(obj, number))
        {
            throw new InvalidOperationException("The state was returned already and may be somebody else's now.");
        }

        ObjectDisposedException.ThrowIf(obj.IsDisposed, obj);
        TakeBack(obj, number);
    }

    /// <summary>Disposes the idle states. Those that are lent are disposed when they come back. Idempotent.</summary>
    /// <remarks>O(idle states).</remarks>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_count > 0)
            {
                RmState state = _idle[--_count]!;
                _idle[_count] = null;
                state.Dispose();
            }
        }
    }

    /// <summary>Returns a leased state once: later calls, and those of copies of the lease, find the lease ended.</summary>
    internal void Return(RmState state, long number)
    {
        if (EndLease(state, number) && !state.IsDisposed)
        {
            TakeBack(state, number);
        }
    }

    private static bool EndLease(RmState state, long number) =>
        (number & 1) != 0 && Interlocked.CompareExchange(ref state.LeaseNumber, number + 1, number) == number;

    private void TakeBack(RmState state, long number)
    {
        Exception? failure = null;
        bool wanted;
        try
        {
            wanted = _policy.Return(state);
        }
        catch (Exception e)
        {
            if (e is ConcurrentUseException || state.Statistics.LiveBlocks != 0)
            {
                // Not emptied: the lease goes on, so that the caller can do something about it.
                Volatile.Write(ref state.LeaseNumber, number);
                throw;
            }

            failure = e;
            wanted = true;
        }

        if (!wanted || !TryKeep(state))
        {
            state.Dispose();
        }

        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private RmState? TakeIdle()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            while (_count > 0)
            {
                RmState state = _idle[--_count]!;
                _idle[_count] = null;

                // Somebody may have kept the state after returning it and disposed it here.
                if (!state.IsDisposed)
                {
                    return state;
                }
            }

            return null;
        }
    }

    private bool TryKeep(RmState state)
    {
        lock (_gate)
        {
            if (_disposed || _count == _idle.Length)
            {
                return false;
            }

            _idle[_count++] = state;
            return true;
        }
    }
}
