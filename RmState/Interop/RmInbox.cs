using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Rm.Interop;

/// <summary>
/// The address of a state for other threads: they leave blocks and references there, and the state takes them in when its own thread
/// calls <see cref="RmHandOverExtensions.RmReceive"/>. None of the older systems has it.
/// </summary>
/// <remarks>
/// <para>Thread rule: every member is safe on any thread, without a lock; making one is the state's. What one thread leaves is received
/// in the order in which it left it. A reference given back is an object of 48 bytes on the GC heap, a block handed over one to three.</para>
/// <para>An inbox does not keep its state alive. When the state is disposed, or goes back to its pool, its inboxes are closed:
/// blocks that were not received are freed, by their own deallocators, and whatever comes later is refused. A reset leaves inboxes
/// open. A state that is forgotten and finalized frees no blocks, those in its inbox neither.</para>
/// </remarks>
[DebuggerDisplay("closed = {IsClosed}, empty = {IsEmpty}")]
public sealed class RmInbox : IBlockReceiver
{
    private readonly Mailbox _mailbox;
    private readonly string? _name;

    /// <summary>Makes an inbox of a state; several of one state are the same place.</summary>
    /// <param name="state">The state that receives.</param>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    /// <exception cref="Violations.ConcurrentUseException">Another thread uses the state.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>O(1). Thread rule: the state's.</remarks>
    public RmInbox(RmState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _mailbox = state.OpenMailbox();
        _name = state.Name;
    }

    /// <summary>Whether the state has ended, or has gone back to its pool.</summary>
    public bool IsClosed => _mailbox.IsClosed;

    /// <summary>Whether everything left here has been taken in by the state. It may have changed when the answer comes.</summary>
    public bool IsEmpty => _mailbox.IsEmpty;

    /// <summary>
    /// Gives back one reference to a block of the state, from any thread; the state releases it when it receives. A pointer that
    /// is wrong by then is a violation that the receiving call reports, as <see cref="RmState.RmRelease(nint, string, int)"/> would.
    /// </summary>
    /// <param name="block">A block of the state; null does nothing.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ObjectDisposedException">The inbox is closed: the state has ended the block.</exception>
    /// <remarks>O(1), lock-free. Thread rule: any.</remarks>
    public void RmGiveBack(nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (!RmTryGiveBack(block, file, line))
        {
            throw Closed();
        }
    }

    /// <inheritdoc cref="RmGiveBack(nint, string, int)"/>
    public unsafe void RmGiveBack(void* block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmGiveBack((nint)block, file, line);

    /// <summary>As <see cref="RmGiveBack(nint, string, int)"/>, if the inbox is open.</summary>
    /// <param name="block">A block of the state; null does nothing.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>False when the inbox is closed.</returns>
    /// <remarks>O(1), lock-free. Thread rule: any.</remarks>
    public bool RmTryGiveBack(nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        block == 0 ? !IsClosed : _mailbox.TryPost(new GivenReference(block, file, line));

    void IBlockReceiver.Accept(HandedBlock handed)
    {
        if (!_mailbox.TryPost(handed))
        {
            throw Closed();
        }
    }

    private ObjectDisposedException Closed() => new(
        nameof(RmInbox), $"The inbox of state '{_name ?? "unnamed"}' is closed: the state was disposed, or went back to its pool.");
}
