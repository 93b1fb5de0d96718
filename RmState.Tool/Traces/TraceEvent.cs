namespace Rm.Tool.Traces;

/// <summary>One heap call of a trace, its objects resolved to ids.</summary>
internal readonly record struct TraceEvent
{
    /// <summary><see cref="Allocated"/> or <see cref="Released"/> when there is no such object.</summary>
    public const int None = -1;

    public TraceOp Op { get; init; }

    public long Thread { get; init; }

    /// <summary>The object this call allocates, or <see cref="None"/>.</summary>
    public int Allocated { get; init; }

    /// <summary>The object this call frees or reallocates, or <see cref="None"/>.</summary>
    public int Released { get; init; }

    /// <summary>The bytes asked for.</summary>
    public ulong Size { get; init; }

    /// <summary>The bytes that were asked for when the released object was allocated.</summary>
    public ulong ReleasedSize { get; init; }

    /// <summary>Log2 of the alignment asked for; 0 for calls other than <see cref="TraceOp.Aligned"/>.</summary>
    public int AlignmentLog2 { get; init; }
}
