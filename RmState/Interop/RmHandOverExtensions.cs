using System.Runtime.CompilerServices;
using Rm.Violations;

namespace Rm.Interop;

/// <summary>Hands blocks over between states that belong to different threads.</summary>
public static unsafe class RmHandOverExtensions
{
    /// <summary>
    /// Hands a block over to another state, with all its references: this state forgets it as if it were detached, and the other one
    /// tracks it with the same count once it receives. Size, alignment, deallocator and site go with it.
    /// </summary>
    /// <param name="state">The state that counts the block.</param>
    /// <param name="block">A live block of that state.</param>
    /// <param name="inbox">Where it goes; the state's own inbox is allowed.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException">The state or inbox is null, or the block is 0.</exception>
    /// <exception cref="UntrackedPointerException">The state does not know the pointer.</exception>
    /// <exception cref="FinalizingBlockException">The block's deallocator runs.</exception>
    /// <exception cref="HeldBlockException">Somebody holds the block by name, with <see cref="RmHold"/>: that holder could not follow it.</exception>
    /// <exception cref="ConcurrentUseException">Another thread uses the state.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed, or the inbox is closed.</exception>
    /// <remarks>
    /// <para>O(1); needs no native memory, unless sites are recorded. When it throws, nothing changed. Thread rule: the state's; from
    /// its return on nobody of this state may touch the block, unless told so by its new owner. Weak references and handles to it are
    /// stale.</para>
    /// <para>Where the block came from libc's malloc or was attached, the receiving state frees it as this one would, on its own
    /// thread. A block of an allocator that is not <see cref="Memory.INativeAllocator.IsThreadSafe"/>, such as an arena's heap, comes
    /// back to this state for that, which frees it when it receives: until then it is in use there. Should this state be gone by then, the
    /// last to release it calls the allocator himself: such an allocator must not be used by others while blocks are out. The
    /// receiving state cannot resize such a block.</para>
    /// <para>In the statistics it is a detach here; there it is an attach, and its further references count as retains.</para>
    /// </remarks>
    public static void RmTransferTo(
        this RmState state, nint block, RmInbox inbox, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(inbox);
        state.HandOver(block, inbox, nameof(RmTransferTo), file, line);
    }

    /// <inheritdoc cref="RmTransferTo(RmState, nint, RmInbox, string, int)"/>
    public static void RmTransferTo(
        this RmState state, void* block, RmInbox inbox, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        RmTransferTo(state, (nint)block, inbox, file, line);

    /// <summary>
    /// Takes in what other threads left in the state's inboxes: tracks blocks that were handed over, releases references that were
    /// given back, and frees blocks of the state's allocator whose last reference went elsewhere.
    /// </summary>
    /// <param name="state">The state.</param>
    /// <returns>How many things were taken in.</returns>
    /// <exception cref="ArgumentNullException">The state is null.</exception>
    /// <exception cref="MemoryViolationException">
    /// A pointer given back is not the state's, or a block handed over is one that the state tracks already: it is left to that
    /// entry. By the state's <see cref="RmViolationPolicy"/>.
    /// </exception>
    /// <exception cref="OutOfMemoryException">
    /// There is no memory for an entry. Its block and all that concerns it wait for the next call.
    /// </exception>
    /// <exception cref="ConcurrentUseException">Another thread uses the state or its heap; what was not done waits.</exception>
    /// <exception cref="AggregateException">Several things failed, deallocators among them; a single exception surfaces as it is.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>
    /// One volatile read when nothing came; else O(what came). Whatever fails, the rest is done before it surfaces. Nothing is received
    /// unless this is called, but by the state's end. Thread rule: the state's.
    /// </remarks>
    public static int RmReceive(this RmState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Receive();
    }
}
