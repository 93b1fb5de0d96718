namespace Rm.Tool.Replay;

/// <summary>One replay in a process of its own.</summary>
internal sealed record ReplayRequest
{
    /// <summary><see cref="SnapshotAt"/> of a replay that takes none.</summary>
    public const int NoSnapshot = -1;

    public required string Path { get; init; }

    public required ReplaySide Side { get; init; }

    /// <summary>Whether each thread of the trace has a thread of its own; for the sides that any thread may use.</summary>
    public bool OnThreads { get; init; }

    /// <summary>The most holders a block gets; for the sides that have them.</summary>
    public int Holders { get; init; }

    /// <summary>For the holders' random order.</summary>
    public ulong Seed { get; init; }

    /// <summary>How often the memory is looked at; 0 for a replay whose time counts.</summary>
    public int Samples { get; init; }

    /// <summary>After how many events the heap is described.</summary>
    public int SnapshotAt { get; init; } = NoSnapshot;
}
