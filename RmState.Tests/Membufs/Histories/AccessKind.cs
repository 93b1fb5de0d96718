namespace Rm.Tests.Membufs.Histories;

/// <summary>What a step of a thread does.</summary>
internal enum AccessKind
{
    Load,
    Store,
    Add,
    TrySwap,
    Exchange,
    Fence,

    /// <summary>Loads, and stands still while what it loads is 0.</summary>
    Await,

    /// <summary>Stands still until a place is 0, and makes it 1 at once.</summary>
    Enter,

    /// <summary>Stands still until all other threads have ended.</summary>
    Join,

    /// <summary>Touches no memory: a whole operation that makes no access.</summary>
    Nothing,

    /// <summary>There is no step: the script is over.</summary>
    Over,
}
