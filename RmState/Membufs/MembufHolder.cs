namespace Rm.Membufs;

/// <summary>
/// Only its thread refers to it: when it is collected, the thread is gone, and its home is handed on. What it refers to outlives it, since
/// the records' own finalizer runs after all others.
/// </summary>
/// <param name="heap">
/// Weak, since a thread that lives must not keep a heap that nobody else knows; the heap's own, which is not finalized before the heap.
/// </param>
/// <param name="identity">The thread.</param>
internal sealed class MembufHolder(WeakReference<MembufHeap> heap, ulong identity) : IDisposable
{
    ~MembufHolder()
    {
        if (heap.TryGetTarget(out MembufHeap? target))
        {
            target.HandOn(identity);
        }
    }

    /// <summary>The thread has handed its home on itself.</summary>
    public void Dispose() => GC.SuppressFinalize(this);
}
