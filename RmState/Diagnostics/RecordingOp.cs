namespace Rm.Diagnostics;

/// <summary>An event of a recording, by its number in the file. The first five are those of version 1.</summary>
internal enum RecordingOp : byte
{
    Malloc = 0,
    Calloc = 1,
    Realloc = 2,

    /// <summary>The last reference went; or, with a detail, the state freed the block as it was disposed or reset.</summary>
    Free = 3,

    Aligned = 4,
    Retain = 5,

    /// <summary>A reference went, and others remain.</summary>
    Release = 6,

    Attach = 7,
    Detach = 8,

    /// <summary>A block that lived when the recording began.</summary>
    Live = 9,

    /// <summary>A call was refused.</summary>
    Violation = 10,

    /// <summary>Gives a file and a line the next number.</summary>
    Site = 11,

    /// <summary>Time passed since the last one.</summary>
    Clock = 12,

    /// <summary>The recording began: when, and of which state.</summary>
    Begin = 13,

    /// <summary>Something happened to the state or the recording as a whole: a <see cref="RecordingMark"/>.</summary>
    Mark = 14,
}
