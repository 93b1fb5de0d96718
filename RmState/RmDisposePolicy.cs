namespace Rm;

/// <summary>What happens to blocks that still live when their state is disposed.</summary>
public enum RmDisposePolicy
{
    /// <summary>Every tracked block is deallocated once, whatever its count (the default).</summary>
    Free,

    /// <summary>The blocks are left as they are and forgotten, as the original <c>rm_destroy_state</c> does.</summary>
    Abandon,

    /// <summary>Disposing throws <see cref="Violations.LiveBlocksException"/> and changes nothing while a block lives.</summary>
    ThrowIfLive,
}
