namespace Rm;

/// <summary>One operation of a state, as an observer is told of it.</summary>
internal readonly struct StateEvent
{
    /// <summary>What was done.</summary>
    internal RmOperation Operation { get; init; }

    /// <summary>How a block was allocated; plain for other operations.</summary>
    internal AllocationKind Kind { get; init; }

    /// <summary>Log2 of the alignment asked for; 0 for the default.</summary>
    internal byte AlignmentLog2 { get; init; }

    /// <summary>The block; its new address after a reallocation.</summary>
    internal nint Block { get; init; }

    /// <summary>The old address of a reallocation; else 0.</summary>
    internal nint Previous { get; init; }

    /// <summary>The block's count afterwards; 0 when it was freed.</summary>
    internal long Count { get; init; }

    /// <summary>Bytes asked for, or attached with; <see cref="UnknownSize"/> for other operations and where nobody said.</summary>
    internal nuint Size { get; init; }

    /// <summary>The caller's source file; empty where nobody called.</summary>
    internal string File { get; init; }

    /// <summary>The caller's line; 0 where nobody called.</summary>
    internal int Line { get; init; }

    internal static nuint UnknownSize => nuint.MaxValue;
}
