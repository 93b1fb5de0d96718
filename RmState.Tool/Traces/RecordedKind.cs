namespace Rm.Tool.Traces;

/// <summary>What an event of a recording says, of whatever version.</summary>
internal enum RecordedKind : byte
{
    Malloc,
    Calloc,
    Aligned,
    Realloc,

    /// <summary>A block that was allocated elsewhere is tracked from here on.</summary>
    Attach,

    /// <summary>A block lived when the recording began.</summary>
    Live,

    Retain,

    /// <summary>A reference went, and others remain.</summary>
    Release,

    /// <summary>The last reference went, or the state freed the block at its own end.</summary>
    Free,

    Detach,

    /// <summary>A block ended without being freed or detached: its address came back, or the state forgot all blocks.</summary>
    Abandon,

    /// <summary>A call was refused.</summary>
    Violation,

    /// <summary>The recording began; it may say when, and of which state.</summary>
    Begin,

    /// <summary>The state is about to be disposed or reset with blocks alive.</summary>
    Ending,

    /// <summary>The state was disposed.</summary>
    Disposed,

    /// <summary>The recording was finished in order.</summary>
    End,
}
