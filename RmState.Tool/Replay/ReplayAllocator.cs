namespace Rm.Tool.Replay;

/// <summary>Where the blocks of a replay come from.</summary>
internal enum ReplayAllocator
{
    /// <summary>A size-class heap over an arena with default options.</summary>
    Arena,

    /// <summary>libc's malloc.</summary>
    Malloc,
}
