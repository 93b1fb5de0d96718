namespace Rm.Membufs;

/// <summary>
/// Only its thread refers to it: when it is collected, the thread is gone, and its home is handed on. What it refers to outlives it, since
/// the records' own finalizer runs after all others. A thread that lives must not keep a heap that nobody else knows, so the reference is weak.
/// </summary>
internal sealed class MembufHolder(MembufHeap heap, ulong identity) : IDisposable
{
    private readonly WeakReference<MembufHeap> _heap = new(heap);

    ~MembufHolder()
    {
        if (_heap.TryGetTarget(out MembufHeap? target))
        {
            target.HandOn(identity);
        }
    }

    /// <summary>The thread has handed its home on itself.</summary>
    public void Dispose() => GC.SuppressFinalize(this);
}
