namespace Rm;

/// <summary>How an operation ended inside; throwing members turn it into an exception, Try… members into false.</summary>
internal enum Outcome
{
    Done,
    Null,
    NoMemory,
    Untracked,
    AlreadyTracked,
    Finalizing,
    Overflow,
    Shared,
    Foreign,

    /// <summary>Its last reference is somebody's by name.</summary>
    Held,

    /// <summary>In memory of the state's own heap, but no block in use.</summary>
    NotInUse,
}
