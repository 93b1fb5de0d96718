namespace Rm.Tool.Replay;

/// <summary>A stretch of an arena's memory, and how much of each of its pages the trace uses.</summary>
internal sealed record HeapRange
{
    public required long Start { get; init; }

    public required long Bytes { get; init; }

    public required long CommittedBytes { get; init; }

    /// <summary>The size of one block, rounded up as the heap does; 0 for spare memory.</summary>
    public required long ElementSize { get; init; }

    /// <summary>How many blocks there is room for.</summary>
    public required int Elements { get; init; }

    /// <summary>How many of them are in use.</summary>
    public required int LiveElements { get; init; }

    /// <summary>The bytes that the trace asked for in these blocks.</summary>
    public required long AskedBytes { get; init; }

    /// <summary>By page of <see cref="HeapSnapshot.PageBytes"/>: the share the trace asked for, 0 (nothing) to 255 (all of it).</summary>
    public required byte[] Pages { get; init; }
}
