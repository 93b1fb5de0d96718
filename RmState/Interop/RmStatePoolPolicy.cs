using System.Diagnostics;
using System.Numerics;
using Microsoft.Extensions.ObjectPool;

namespace Rm.Interop;

/// <summary>
/// Makes states for an <see cref="ObjectPool{T}"/> and empties them when they come back. <see cref="RmStatePool"/> uses it; it serves
/// any other pool as well.
/// </summary>
/// <remarks>Thread rule: safe from any thread, for different states at once.</remarks>
[DebuggerDisplay("states named {_options.Name}, tables up to {MaximumTableBytes} bytes")]
public sealed class RmStatePoolPolicy : PooledObjectPolicy<RmState>
{
    /// <summary>What <see cref="MaximumTableBytes"/> is unless said otherwise: 4 MiB.</summary>
    public const long DefaultMaximumTableBytes = 4L << 20;

    private readonly RmStateOptions _options;
    private readonly long _initialCapacity;

    /// <summary>A policy for states with default options.</summary>
    public RmStatePoolPolicy()
        : this(new RmStateOptions())
    {
    }

    /// <summary>A policy for states of one kind.</summary>
    /// <param name="options">How states are made. Its OnLeak hears what a returned state had not released.</param>
    /// <param name="maximumTableBytes">
    /// A state whose table has grown beyond so many bytes is not kept, so that one large use does not hold memory for ever; 1 or more.
    /// </param>
    /// <exception cref="ArgumentNullException">The options are null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The limit is 0 or negative.</exception>
    public RmStatePoolPolicy(RmStateOptions options, long maximumTableBytes = DefaultMaximumTableBytes)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumTableBytes);
        _options = options;
        _initialCapacity = BitOperations.RoundUpToPowerOf2((uint)Math.Max(options.InitialCapacity, 1));
        MaximumTableBytes = maximumTableBytes;
    }

    /// <summary>The table size in bytes above which a state is not kept, unless its table was made that large.</summary>
    public long MaximumTableBytes { get; }

    /// <summary>Makes a state.</summary>
    /// <returns>A new state with this policy's options.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The options are bad.</exception>
    /// <exception cref="OutOfMemoryException">No memory for the table.</exception>
    public override RmState Create() => new(_options);

    /// <summary>Empties a state: gives back abandoned references, reports what still lives, and frees it by the dispose policy.</summary>
    /// <param name="obj">The state.</param>
    /// <returns>False when it must not be kept: it is disposed, or its table has grown too large.</returns>
    /// <remarks>O(live blocks). Thread rule: the state's; the caller hands it over with this call.</remarks>
    /// <exception cref="ArgumentNullException">The state is null.</exception>
    /// <exception cref="Violations.LiveBlocksException">Blocks live and the dispose policy forbids that; nothing was freed.</exception>
    /// <exception cref="AggregateException">Several deallocators threw; one alone surfaces as it is. The state is empty.</exception>
    public override bool Return(RmState obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        if (obj.IsDisposed)
        {
            return false;
        }

        Empty(obj);
        RmStatistics statistics = obj.Statistics;
        return statistics.TableBytes <= MaximumTableBytes || statistics.Capacity <= _initialCapacity;
    }

    private static void Empty(RmState state)
    {
        FailureList failures = default;
        try
        {
            // First, so that what was given up in time is not reported as leaked.
            state.ReleaseAbandoned();
        }
        catch (Exception e)
        {
            failures.Add(e);
        }

        try
        {
            state.Reset();
        }
        catch (Exception e)
        {
            failures.Add(e);
        }

        failures.ThrowIfAny();
    }
}
