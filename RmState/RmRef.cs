using System.Diagnostics;
using System.Runtime.CompilerServices;
using Rm.Violations;

namespace Rm;

/// <summary>
/// A weak reference to one block of a state, checked by generation: it never answers for another block that got the same
/// address. Made by <see cref="RmState.RmReference(nint)"/>.
/// </summary>
/// <remarks>
/// <para>It holds no reference of the block: the block may go at any time, and then every copy of this value goes stale at once.
/// It may be copied, stored and compared freely; two are equal when they name the same block of the same state.</para>
/// <para>Thread rule: every member but equality and <see cref="ToString"/> uses the state, so the state's rule covers it. All are
/// O(1) expected and allocate nothing. <c>default</c> names no block and is never alive.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}, alive = {IsAlive}")]
public readonly record struct RmRef
{
    private readonly RmState? _state;
    private readonly nint _block;
    private readonly ulong _generation;

    internal RmRef(RmState state, nint block, ulong generation)
    {
        _state = state;
        _block = block;
        _generation = generation;
    }

    /// <summary>Whether the very block that this was made for still lives. False for <c>default</c> and after the state's disposal.</summary>
    public bool IsAlive => _state is { IsDisposed: false } state && state.HasGeneration(_block, _generation);

    /// <summary>The block's address.</summary>
    /// <exception cref="StaleReferenceException">The block is gone, or this is <c>default</c>.</exception>
    /// <exception cref="ObjectDisposedException">The state is disposed.</exception>
    public nint Block
    {
        get
        {
            State();
            return _block;
        }
    }

    /// <summary>How many references the state knows of the block; 1 or more.</summary>
    /// <exception cref="StaleReferenceException">The block is gone, or this is <c>default</c>.</exception>
    /// <exception cref="ObjectDisposedException">The state is disposed.</exception>
    public long Count => State().RmCount(_block);

    /// <summary>Asks for the block's address.</summary>
    /// <param name="block">The address, or 0 when the block is gone.</param>
    /// <returns>Whether the block still lives.</returns>
    public bool TryGetBlock(out nint block)
    {
        bool alive = IsAlive;
        block = alive ? _block : 0;
        return alive;
    }

    /// <summary>Takes a reference of the block: <see cref="RmState.RmRetain(nint, string, int)"/> that cannot hit a stranger.</summary>
    /// <param name="file">The caller's file, for reports; leave it out.</param>
    /// <param name="line">The caller's line, for reports; leave it out.</param>
    /// <returns>The new count.</returns>
    /// <exception cref="StaleReferenceException">The block is gone, or this is <c>default</c>.</exception>
    /// <exception cref="OverflowException">The count is at its limit.</exception>
    /// <exception cref="ObjectDisposedException">The state is disposed.</exception>
    public long Retain([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => State().RmRetain(_block, file, line);

    /// <summary>Gives a reference of the block back: <see cref="RmState.RmRelease(nint, string, int)"/> that cannot hit a stranger.</summary>
    /// <param name="file">The caller's file, for reports; leave it out.</param>
    /// <param name="line">The caller's line, for reports; leave it out.</param>
    /// <returns>The remaining count; 0 when the block was deallocated, and this is stale then.</returns>
    /// <exception cref="StaleReferenceException">The block is gone, or this is <c>default</c>.</exception>
    /// <exception cref="ObjectDisposedException">The state is disposed.</exception>
    public long Release([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => State().RmRelease(_block, file, line);

    /// <summary>The address and generation as text, alive or not.</summary>
    /// <returns>For example <c>0x7f00a0#3</c>.</returns>
    public override string ToString() => _state is null ? "none" : FormattableString.Invariant($"0x{_block:x}#{_generation}");

    private RmState State([CallerMemberName] string member = "")
    {
        if (_state is null)
        {
            throw new StaleReferenceException($"{member} of an empty reference: it was not made by RmReference.");
        }

        return _state.HasGeneration(_block, _generation) ? _state : throw _state.StaleReference(_block, member);
    }
}
