namespace Rm.Diagnostics;

/// <summary>Trace events for single operations of a state.</summary>
public static class RmOperationTracing
{
    /// <summary>
    /// Writes an event for every operation from now on to the event source "RmState" (level Verbose, keyword Operations, 0x4), until
    /// the result or the state is disposed. The other events of the source come without this.
    /// </summary>
    /// <param name="state">A state; tracing it twice doubles the events.</param>
    /// <returns>Dispose it to stop.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The state was disposed.</exception>
    /// <remarks>
    /// Meanwhile every operation is slower, even while nobody listens. No event allocates on the managed heap, unless the listener is
    /// in this process. Thread rule: the state's, for the call and for the disposal.
    /// </remarks>
    public static IDisposable TraceOperations(this RmState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return new OperationEvents(state);
    }
}
