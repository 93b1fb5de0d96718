using System.Diagnostics;

namespace Rm.Interop;

/// <summary>A state on loan from a pool; disposing it returns the state.</summary>
/// <remarks>
/// A lease is a value and may be copied. The number beside it says which loan it means, and no number is ever used again: the first
/// copy to be disposed returns the state, all others do nothing, and none can touch a later loan of the same state.
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public readonly record struct RmStateLease : IDisposable
{
    private readonly RmStatePool? _pool;
    private readonly RmState? _state;
    private readonly long _number;

    internal RmStateLease(RmStatePool pool, RmState state, long number)
    {
        _pool = pool;
        _state = state;
        _number = number;
    }

    /// <summary>Whether the state is still on this loan. False for <c>default</c>.</summary>
    public bool IsActive => _state is not null && Volatile.Read(ref _state.LeaseNumber) == _number;

    /// <summary>The state.</summary>
    /// <exception cref="ObjectDisposedException">The lease has ended, or is <c>default</c>: the state may be somebody else's.</exception>
    public RmState State => IsActive ? _state! : throw new ObjectDisposedException(nameof(RmStateLease), "The lease has ended.");

    /// <summary>Ends the lease and returns the state to its pool. Idempotent, for all copies together; any thread.</summary>
    /// <remarks>
    /// As <see cref="RmStatePool.Return(RmState)"/>, with its exceptions, but a state that was disposed meanwhile is just let go.
    /// </remarks>
    public void Dispose()
    {
        if (_state is not null)
        {
            _pool!.Return(_state, _number);
        }
    }

    /// <summary>Whether the lease is active, and of which state, as text.</summary>
    /// <returns>For example <c>active lease of 'requests'</c>.</returns>
    public override string ToString() =>
        _state is null ? "no lease" : $"{(IsActive ? "active" : "ended")} lease of '{_state.Name ?? "unnamed"}'";
}
