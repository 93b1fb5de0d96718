using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Rm.Violations;

namespace Rm.Interop;

/// <summary>
/// A <see cref="SafeHandle"/> that owns one reference of a block, for native calls that take the block: the marshaller keeps the
/// reference while a call runs.
/// </summary>
/// <remarks>
/// <para>Disposing gives the reference back at once; do it on the thread that uses the state, and when a native call still runs with
/// the handle, that call must end there as well, for it gives the reference back then. A handle that is forgotten never touches
/// the state from the finalizer thread: it hands its reference to the state, whose owner gives it back with
/// <see cref="RmState.ReleaseAbandoned"/>; so does <see cref="Abandon"/>, for any thread.</para>
/// <para>A handle never releases another block that got the same address. When its block is gone, disposing it changes nothing: after
/// the state's disposal silently; after a reset, or when somebody released the handle's reference, a
/// <see cref="StaleReferenceException"/> is reported to <see cref="RmStateOptions.OnViolation"/> and counted, not thrown.</para>
/// <para>Making one costs two small objects on the GC heap and one retain. <see cref="SafeHandle.DangerousAddRef"/> and
/// <see cref="SafeHandle.DangerousRelease"/> count in the handle, not in the state.</para>
/// </remarks>
[DebuggerDisplay("{handle,h}, closed = {IsClosed}")]
public sealed unsafe class RmBlockHandle : SafeHandle
{
    private readonly OwnedReference _reference;
    private volatile bool _foreignThread;

    private RmBlockHandle(OwnedReference reference)
        : base(0, ownsHandle: true) => _reference = reference;

    /// <summary>The state that counts the block.</summary>
    public RmState State => _reference.State;

    /// <summary>The block's address.</summary>
    /// <exception cref="ObjectDisposedException">The handle is disposed.</exception>
    public nint Block
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <summary>Whether the handle holds no block.</summary>
    public override bool IsInvalid => handle == 0;

    /// <summary>Makes a handle with a reference of its own; the caller keeps his.</summary>
    /// <param name="state">The state that counts the block.</param>
    /// <param name="block">A live block of that state.</param>
    /// <param name="file">The caller's file, for reports; leave it out.</param>
    /// <param name="line">The caller's line, for reports; leave it out.</param>
    /// <returns>The handle, to be disposed on the thread that uses the state.</returns>
    /// <remarks>O(1) expected. Thread rule: the state's. When it throws, nothing changed.</remarks>
    /// <exception cref="ArgumentNullException">The state is null or the block is 0.</exception>
    /// <exception cref="UntrackedPointerException">The state does not know the block.</exception>
    /// <exception cref="FinalizingBlockException">The block's deallocator is running.</exception>
    /// <exception cref="OverflowException">The count is at its limit.</exception>
    /// <exception cref="OutOfMemoryException">No memory for the block's side record.</exception>
    /// <exception cref="ObjectDisposedException">The state is disposed.</exception>
    public static RmBlockHandle Retain(RmState state, nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        // The objects first: nothing can fail between the retain and the handle's owning it.
        RmBlockHandle made = Unbound(state, block, file, line);
        try
        {
            made._reference.Retain();
        }
        catch
        {
            made.Dispose();
            throw;
        }

        made.SetHandle(block);
        return made;
    }

    /// <inheritdoc cref="Retain(RmState, nint, string, int)"/>
    public static RmBlockHandle Retain(RmState state, void* block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Retain(state, (nint)block, file, line);

    /// <summary>Makes a handle that takes over one reference of the caller's: the caller must not release that one any more.</summary>
    /// <param name="state">The state that counts the block.</param>
    /// <param name="block">A live block of that state.</param>
    /// <param name="file">The caller's file, for reports; leave it out.</param>
    /// <param name="line">The caller's line, for reports; leave it out.</param>
    /// <returns>The handle, to be disposed on the thread that uses the state.</returns>
    /// <remarks>O(1) expected. Thread rule: the state's. When it throws, the caller still owns his reference.</remarks>
    /// <exception cref="ArgumentNullException">The state is null or the block is 0.</exception>
    /// <exception cref="UntrackedPointerException">The state does not know the block.</exception>
    /// <exception cref="FinalizingBlockException">The block's deallocator is running.</exception>
    /// <exception cref="OutOfMemoryException">No memory for the block's side record.</exception>
    /// <exception cref="ObjectDisposedException">The state is disposed.</exception>
    public static RmBlockHandle Own(RmState state, nint block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        RmBlockHandle made = Unbound(state, block, file, line);
        made.SetHandle(block);
        return made;
    }

    /// <inheritdoc cref="Own(RmState, nint, string, int)"/>
    public static RmBlockHandle Own(RmState state, void* block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Own(state, (nint)block, file, line);

    /// <summary>
    /// Closes the handle from any thread: its reference waits in the state until the owner calls
    /// <see cref="RmState.ReleaseAbandoned"/>.
    /// </summary>
    /// <remarks>O(1), lock-free, no memory. Does nothing when the handle is closed already.</remarks>
    public void Abandon()
    {
        // Before closing: whichever thread ends the last use of the handle must see it.
        _foreignThread = true;
        Dispose();
    }

    /// <summary>Gives the reference back, or leaves it to the state's owner when this is the finalizer or the handle was abandoned.</summary>
    /// <returns>False when the block was gone already.</returns>
    protected override bool ReleaseHandle()
    {
        if (_foreignThread)
        {
            _reference.Abandon();
            return true;
        }

        return _reference.ReleaseOrReport();
    }

    /// <summary>Closes the handle; the last use of it, here or in a running native call, gives the reference back.</summary>
    /// <param name="disposing">False on the finalizer thread.</param>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
        {
            _foreignThread = true;
        }

        base.Dispose(disposing);
    }

    private static RmBlockHandle Unbound(RmState state, nint block, string file, int line) =>
        new(OwnedReference.To(state, block, file, line));
}
