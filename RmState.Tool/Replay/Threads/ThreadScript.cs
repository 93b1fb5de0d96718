namespace Rm.Tool.Replay.Threads;

/// <summary>The events of one thread of a trace, in arrays of their own.</summary>
/// <param name="events">How many there are.</param>
internal sealed class ThreadScript(int events)
{
    public ReplayOp[] Ops { get; } = new ReplayOp[events];

    /// <summary>By event: the object it frees or reallocates, whoever allocates it.</summary>
    public int[] Released { get; } = new int[events];

    /// <summary>By event: its number in the trace.</summary>
    public int[] Numbers { get; } = new int[events];

    /// <summary>By event: what this thread allocated less what it freed, in bytes, before the event; below 0 where it frees for others.</summary>
    public long[] LiveBytes { get; } = new long[events + 1];

    /// <summary>The object its first allocation makes; the others follow.</summary>
    public int FirstObject { get; init; }

    public int EventCount => Ops.Length;
}
