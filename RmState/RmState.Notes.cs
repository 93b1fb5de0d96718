using System.Runtime.CompilerServices;
using Rm.Counting;

namespace Rm;

// What diagnostics hear of: every operation that succeeded, once.
public sealed unsafe partial class RmState
{
    private StateObserver? _observer;

    /// <summary>Begins to tell an observer of every operation.</summary>
    internal void AddObserver(StateObserver observer) => SetObserver(StateObservers.With(_observer, observer));

    /// <summary>Stops telling an observer; does nothing when it is not told, or the state is disposed.</summary>
    internal void RemoveObserver(StateObserver observer)
    {
        if (!IsDisposed)
        {
            SetObserver(StateObservers.Without(_observer, observer));
        }
    }

    private void SetObserver(StateObserver? observer)
    {
        Begin();
        _observer = observer;
        _header->Modes = observer is null ? _header->Modes & ~StateModes.Observed : _header->Modes | StateModes.Observed;
        UpdateGates();
        Cancel();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Note(StateOperation operation, nint block, long count, string file, int line)
    {
        if ((_header->Modes & StateModes.Observed) != 0)
        {
            Tell(operation, block, 0, count, StateEvent.UnknownSize, AllocationKind.Plain, 0, file, line);
        }
    }

    // A block that came, or got another size.
    private void NoteSized(
        StateOperation operation, nint block, nint previous, nuint size, AllocationKind kind, int alignmentLog2, string file, int line)
    {
        if ((_header->Modes & StateModes.Observed) != 0)
        {
            Tell(operation, block, previous, 1, size, kind, alignmentLog2, file, line);
        }
    }

    private void Tell(
        StateOperation operation, nint block, nint previous, long count, nuint size, AllocationKind kind, int alignmentLog2, string file, int line)
    {
        var done = new StateEvent
        {
            Operation = operation,
            Kind = kind,
            AlignmentLog2 = (byte)alignmentLog2,
            Block = block,
            Previous = previous,
            Count = count,
            Size = size,
            File = file,
            Line = line,
        };
        _observer?.Done(done);
    }
}
