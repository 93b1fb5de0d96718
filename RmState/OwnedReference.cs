using Rm.Violations;

namespace Rm;

/// <summary>
/// One reference of one block, held by an object that may outlive the block, the state, or the thread that uses the state.
/// Its holder ends it exactly once: with <see cref="Release"/> or with <see cref="Abandon"/>.
/// </summary>
/// <remarks>
/// It is its own node of the state's queue of abandoned references, so that giving up a reference on the finalizer thread
/// needs no memory. The generation keeps it from releasing a stranger that got the same address.
/// </remarks>
internal sealed class OwnedReference
{
    private readonly ulong _generation;
    private readonly string _file;
    private readonly int _line;

    private OwnedReference(RmState state, nint block, ulong generation, string file, int line)
    {
        State = state;
        Block = block;
        _generation = generation;
        _file = file;
        _line = line;
    }

    internal RmState State { get; }

    internal nint Block { get; }

    internal bool IsAlive => !State.IsDisposed && State.HasGeneration(Block, _generation);

    /// <summary>The next one in the state's queue, once abandoned.</summary>
    internal OwnedReference? Next { get; set; }

    /// <summary>Names a live block; takes no reference yet.</summary>
    internal static OwnedReference To(RmState state, nint block, string file, int line)
    {
        ArgumentNullException.ThrowIfNull(state);
        return new OwnedReference(state, block, state.EnsureGeneration(block), file, line);
    }

    internal void Retain() => State.RmRetain(Block, _file, _line);

    /// <summary>Gives the reference back; on the thread that uses the state.</summary>
    /// <returns>False when the block is gone: the state was disposed or reset, or somebody released too often.</returns>
    internal bool Release()
    {
        try
        {
            if (!IsAlive)
            {
                return false;
            }

            State.RmRelease(Block, _file, _line);
            return true;
        }
        catch (ConcurrentUseException)
        {
            // Another thread is inside the state. The reference is still held and its holder gone, so the queue keeps it. Should
            // the exception come from a deallocator instead, then the block is gone and the generation drops the entry.
            Abandon();
            throw;
        }
    }

    /// <summary>
    /// The same for a holder that ends its reference itself: a block that went before it, in a state that lives, is a violation.
    /// It is reported rather than thrown, since it is met in the holder's Dispose.
    /// </summary>
    internal bool ReleaseOrReport()
    {
        bool released = Release();
        if (!released && !State.IsDisposed)
        {
            State.ReportOutlived(Block);
        }

        return released;
    }

    /// <summary>Leaves the reference to the state's owner; on any thread, without memory, never failing.</summary>
    internal void Abandon() => State.Abandon(this);
}
