namespace Rm.Membufs;

/// <summary>
/// Only its thread refers to it: when it is collected, the thread is gone, and its home is handed on. What it refers to outlives it, since
/// the records' own finalizer runs after all others.
/// </summary>
internal sealed class MembufHolder(MembufHeap heap, ulong identity) : IDisposable
{
    ~MembufHolder() => heap.HandOn(identity);

    /// <summary>The thread has handed its home on itself.</summary>
    public void Dispose() => GC.SuppressFinalize(this);
}
