using Rm.Diagnostics;

namespace Rm.Tool.Traces;

/// <summary>One event of a recording, its addresses resolved to objects: 0, 1, 2, ... in the order in which they appear.</summary>
internal readonly record struct RecordedEvent
{
    /// <summary>There is no such object.</summary>
    public const int None = -1;

    /// <summary>A size that nobody said.</summary>
    public const ulong UnknownSize = ulong.MaxValue;

    public RecordedEvent()
    {
    }

    public required RecordedKind Kind { get; init; }

    /// <summary>The block it is about, after a reallocation the new one; of a violation the last one at its address. Or <see cref="None"/>.</summary>
    public int Object { get; init; } = None;

    /// <summary>The object that begins to live, or <see cref="None"/>.</summary>
    public int Born { get; init; } = None;

    /// <summary>The object that ends, or <see cref="None"/>. A reallocation ends one and begins another.</summary>
    public int Ended { get; init; } = None;

    /// <summary>The address of <see cref="Object"/>; 0 where the recording has none (version 1).</summary>
    public nint Address { get; init; }

    /// <summary>The bytes of the object that is born, or <see cref="UnknownSize"/>; 0 when none is.</summary>
    public ulong Size { get; init; }

    /// <summary>The bytes of the object that ended, or <see cref="UnknownSize"/>; 0 when none did.</summary>
    public ulong EndedSize { get; init; }

    /// <summary>The references to <see cref="Object"/> afterwards; 0 when it ended.</summary>
    public long Count { get; init; }

    /// <summary>Log2 of the alignment asked for; 0 for none.</summary>
    public int AlignmentLog2 { get; init; }

    /// <summary>The call site, by its place among the recording's sites; 0 is unknown.</summary>
    public int Site { get; init; }

    /// <summary>Microseconds from the beginning to the last look at the clock before the event; 0 where there is none (version 1).</summary>
    public long Microseconds { get; init; }

    /// <summary>The thread (version 1 only).</summary>
    public long Thread { get; init; }

    /// <summary>Whether nobody called: the state freed the block as it was disposed or reset.</summary>
    public bool WithoutCaller { get; init; }

    /// <summary>What was refused, of a violation.</summary>
    public RecordedMisuse Misuse { get; init; }

    /// <summary>Which call was refused, of a violation.</summary>
    public RecordedMember Member { get; init; }
}
