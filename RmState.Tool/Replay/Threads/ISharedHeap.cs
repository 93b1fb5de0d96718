namespace Rm.Tool.Replay.Threads;

/// <summary>
/// A heap whose blocks any thread may allocate, reallocate and free, whoever allocated them. Copies of the struct are the same heap.
/// </summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
internal interface ISharedHeap<TSelf> : IReplayHeap<TSelf>
    where TSelf : struct, ISharedHeap<TSelf>
{
    /// <summary>On a thread of the trace, before its first event.</summary>
    void BeginThread();

    /// <summary>On the same thread after its last event, also when an event threw. The thread that creates and disposes the heap has no such calls.</summary>
    void EndThread();
}
