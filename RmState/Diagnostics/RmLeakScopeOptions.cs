namespace Rm.Diagnostics;

/// <summary>How a leak scope judges. The object may be reused.</summary>
public sealed class RmLeakScopeOptions
{
    /// <summary>How many new blocks may live at the end without a complaint: caches that fill, for example. 0 by default.</summary>
    public long ToleratedBlocks { get; init; }

    /// <summary>Told of a leak instead of throwing it, so that the scope's end never throws; null (the default) to throw.</summary>
    public Action<LeakException>? OnLeak { get; init; }
}
