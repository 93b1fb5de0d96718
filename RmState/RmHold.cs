using System.Diagnostics;

namespace Rm;

/// <summary>
/// One reference of one block with a name: who took it, and that it ended exactly once. Made by
/// <see cref="RmState.RmRetainAs(nint, string, int)"/>; <see cref="Dispose"/> gives the reference back.
/// </summary>
/// <remarks>
/// <para>It may be copied and stored; all copies are the same hold, and the first that is disposed ends it. Disposing again does
/// nothing. If the block went before its holder, the dispose reports that to <see cref="RmStateOptions.OnViolation"/> and releases
/// nothing, least of all a stranger that got the address. After the state was reset or disposed it does nothing.</para>
/// <para>Thread rule: <see cref="Dispose"/> and <see cref="IsHeld"/> use the state, so the state's rule covers them. O(1), nothing
/// on the managed heap.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public readonly struct RmHold : IDisposable, IEquatable<RmHold>
{
    private readonly RmState? _state;
    private readonly ulong _generation;
    private readonly uint _index;

    internal RmHold(RmState state, nint block, uint index, ulong generation)
    {
        _state = state;
        Block = block;
        _index = index;
        _generation = generation;
    }

    /// <summary>The block's address; 0 for <c>default</c>. It says nothing of whether the block still lives.</summary>
    public nint Block { get; }

    /// <summary>Whether the hold was not ended yet and its block lives.</summary>
    public bool IsHeld => _state is { IsDisposed: false } state && state.IsHeld(_index, _generation);

    /// <summary>Gives the reference back; the last one deallocates the block.</summary>
    /// <exception cref="Violations.ConcurrentUseException">Another thread uses the state.</exception>
    /// <exception cref="AggregateException">Several deallocators threw; a single exception surfaces as it is.</exception>
    public void Dispose()
    {
        if (_state is { IsDisposed: false } state)
        {
            state.EndHold(Block, _index, _generation);
        }
    }

    /// <summary>Whether both are the same hold.</summary>
    /// <param name="other">Another one.</param>
    /// <returns>True for copies of one hold.</returns>
    public bool Equals(RmHold other) => ReferenceEquals(_state, other._state) && _generation == other._generation;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RmHold other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _generation.GetHashCode();

    /// <summary>The block it holds.</summary>
    /// <returns>For example <c>hold of 0x7f00a0</c>.</returns>
    public override string ToString() => _state is null ? "no hold" : FormattableString.Invariant($"hold of 0x{Block:x}");

    /// <summary>Whether both are the same hold.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>True for copies of one hold.</returns>
    public static bool operator ==(RmHold left, RmHold right) => left.Equals(right);

    /// <summary>Whether they are different holds.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>False for copies of one hold.</returns>
    public static bool operator !=(RmHold left, RmHold right) => !left.Equals(right);
}
