namespace Rm;

/// <summary>What a pointer is to a state.</summary>
public enum RmPointerKind
{
    /// <summary>Nothing that is known of.</summary>
    Unknown = 0,

    /// <summary>A live block.</summary>
    Live = 1,

    /// <summary>It points into a live block.</summary>
    InsideLive = 2,

    /// <summary>A block that went: released, detached or moved.</summary>
    Gone = 3,

    /// <summary>It points into the memory that such a block had.</summary>
    InsideGone = 4,
}
