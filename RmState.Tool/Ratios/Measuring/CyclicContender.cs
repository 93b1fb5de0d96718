namespace Rm.Tool.Ratios.Measuring;

/// <summary>
/// Walks round and round a prepared sequence, so that a timed round goes on where the last one stopped: with large tables no
/// round finds in the cache what the one before it left there.
/// </summary>
internal abstract class CyclicContender(int length) : IContender
{
    private int _next;

    public void Run(int operations)
    {
        while (operations > 0)
        {
            int count = Math.Min(operations, length - _next);
            Run(_next, count);
            _next = (_next + count) % length;
            operations -= count;
        }
    }

    public abstract void Dispose();

    /// <summary>Does the operations from one place of the sequence on.</summary>
    protected abstract void Run(int from, int count);
}
