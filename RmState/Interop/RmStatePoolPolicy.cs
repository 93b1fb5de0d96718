using System.Diagnostics;
using Microsoft.Extensions.ObjectPool;

namespace Rm.Interop;

/// <summary>
/// Makes states for an <see cref="ObjectPool{T}"/> and empties them when they come back. <see cref="RmStatePool"/> uses it; it serves
/// any other pool as well.
/// </summary>
/// <remarks>Thread rule: safe from any thread, for different states at once.</remarks>
[DebuggerDisplay("states named {_options.Name}")]
public sealed class RmStatePoolPolicy : PooledObjectPolicy<RmState>
{
    private readonly RmStateOptions _options;

    /// <summary>A policy for states with default options.</summary>
    public RmStatePoolPolicy()
        : this(new RmStateOptions())
    {
    }

    /// <summary>A policy for states of one kind.</summary>
    /// <param name="options">How states are made. Its OnLeak hears what a returned state had not released.</param>
    /// <exception cref="ArgumentNullException">The options are null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The options are bad.</exception>
    public RmStatePoolPolicy(RmStateOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
    }

    /// <summary>Makes a state.</summary>
    /// <returns>A new state with this policy's options.</returns>
    public override RmState Create() => new(_options);

    /// <summary>Empties a state: gives back abandoned references, reports what still lives, and frees it by the dispose policy.</summary>
    /// <param name="obj">The state.</param>
    /// <returns>False when it must not be kept, being disposed.</returns>
    /// <remarks>
    /// O(slots), as <see cref="RmState.Reset"/>, which also gives up a table that has grown unusually large. Thread rule: the
    /// state's; the caller hands it over with this call.
    /// </remarks>
    /// <exception cref="ArgumentNullException">The state is null.</exception>
    /// <exception cref="Violations.LiveBlocksException">Blocks live and the dispose policy forbids that; nothing was freed.</exception>
    /// <exception cref="Violations.ConcurrentUseException">The state is in use, by a deallocator or another thread.</exception>
    /// <exception cref="AggregateException">Several deallocators threw; one alone surfaces as it is. The state is empty.</exception>
    public override bool Return(RmState obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        if (obj.IsDisposed)
        {
            return false;
        }

        obj.Empty();
        return true;
    }
}
