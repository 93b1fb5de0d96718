namespace Rm.Tool.Ratios.Measuring;

/// <summary>
/// Allocates and frees one block over and over while others live. An allocator gives the same address back each time, and one
/// address may be lucky or unlucky in a table; so every batch of operations one of the others is freed and another kept in its
/// place, and the batch gets the address of the one that was freed.
/// </summary>
internal abstract class RotatingContender(int others) : IContender
{
    /// <summary>Long enough that the exchange does not show, short enough that a round has hundreds.</summary>
    private const int BatchLength = 256;

    private readonly nint[] _others = new nint[others];
    private int _next;

    public void Run(int operations)
    {
        for (; operations > 0; operations -= BatchLength)
        {
            nint kept = Allocate();
            Free(_others[_next]);
            _others[_next] = kept;
            _next = (_next + 1) % _others.Length;
            Batch(Math.Min(operations, BatchLength));
        }
    }

    public abstract void Dispose();

    protected abstract nint Allocate();

    protected abstract void Free(nint block);

    /// <summary>Allocates and frees a block as many times.</summary>
    protected abstract void Batch(int operations);

    /// <summary>Allocates the others; for the end of the constructor.</summary>
    protected void FillOthers()
    {
        foreach (ref nint block in _others.AsSpan())
        {
            block = Allocate();
        }
    }

    protected void FreeOthers() => Array.ForEach(_others, Free);
}
