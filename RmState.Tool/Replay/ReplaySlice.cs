namespace Rm.Tool.Replay;

/// <summary>Some events that one thread replays one after another, and all the objects.</summary>
internal readonly ref struct ReplaySlice
{
    public required ReadOnlySpan<ReplayOp> Ops { get; init; }

    /// <summary>By event: the object it frees or reallocates.</summary>
    public required ReadOnlySpan<int> Released { get; init; }

    /// <summary>By object: bytes asked for.</summary>
    public required ReadOnlySpan<nuint> Sizes { get; init; }

    /// <summary>By object: log2 of its alignment; 0 for none.</summary>
    public required ReadOnlySpan<byte> AlignmentLog2 { get; init; }
}
