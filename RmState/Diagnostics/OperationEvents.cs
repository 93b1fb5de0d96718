using Rm.Events;

namespace Rm.Diagnostics;

/// <summary>Writes a trace event for every operation of a state, until it is disposed.</summary>
internal sealed class OperationEvents : StateObserver, IDisposable
{
    private readonly RmState _state;
    private bool _introduced;

    internal OperationEvents(RmState state)
    {
        _state = state;
        state.AddObserver(this);
    }

    public void Dispose() => _state.RemoveObserver(this);

    internal override void Done(in StateEvent done)
    {
        RmEventSource log = RmEventSource.Log;
        if (!log.WantsOperations)
        {
            _introduced = false;
            return;
        }

        // Whoever began to listen after the state was made has not heard its name.
        ulong state = _state.EventId;
        if (!_introduced)
        {
            _introduced = true;
            log.StateTraced(state, _state.Name);
        }

        ulong block = (ulong)done.Block;
        long size = done.Size == StateEvent.UnknownSize ? -1 : (long)done.Size;
        switch (done.Operation)
        {
            case RmOperation.Allocate:
                log.Allocated(state, block, size, done.File, done.Line);
                break;
            case RmOperation.Reallocate:
                log.Reallocated(state, block, size, done.File, done.Line, (ulong)done.Previous);
                break;
            case RmOperation.Attach:
                log.Attached(state, block, size, done.File, done.Line);
                break;
            case RmOperation.Retain:
                log.Retained(state, block, done.Count, done.File, done.Line);
                break;
            case RmOperation.Release:
                log.Released(state, block, done.Count, done.File, done.Line);
                break;
            case RmOperation.Detach:
                log.Detached(state, block, done.Count, done.File, done.Line);
                break;
            case RmOperation.Free:
                log.Freed(state, block, done.Count, done.File, done.Line);
                break;
        }
    }
}
