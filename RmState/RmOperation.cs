namespace Rm;

/// <summary>What can happen to a block.</summary>
public enum RmOperation
{
    /// <summary>It was allocated.</summary>
    Allocate = 0,

    /// <summary>It was resized, and may have moved.</summary>
    Reallocate = 1,

    /// <summary>It was attached.</summary>
    Attach = 2,

    /// <summary>A reference was added.</summary>
    Retain = 3,

    /// <summary>A reference was given back, and others remain.</summary>
    Release = 4,

    /// <summary>Its tracking ended without freeing it.</summary>
    Detach = 5,

    /// <summary>Its last reference went, or the state ended it.</summary>
    Free = 6,

    /// <summary>Its entry was given up: its address was handed out again, or the state was disposed with a policy of abandoning.</summary>
    Abandon = 7,
}
