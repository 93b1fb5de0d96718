namespace Rm.Membufs;

/// <summary>What a step of the counting protocol leaves to its caller.</summary>
internal enum CountOutcome
{
    /// <summary>Nothing: it is counted.</summary>
    Counted,

    /// <summary>The block is dead by this step: the caller finishes it.</summary>
    Last,

    /// <summary>It is counted, and the caller puts the record into its home's mailbox.</summary>
    Queue,

    /// <summary>The block was dead before; nothing changed.</summary>
    Dead,

    /// <summary>More references were given back than there are; nothing changed.</summary>
    OverReleased,

    /// <summary>The count is at its limit; nothing changed.</summary>
    Overflow,

    /// <summary>The record was another block's by the time it was counted: the caller takes the reference back.</summary>
    Stale,

    /// <summary>The record is nobody's: the home may use it again.</summary>
    Recycle,
}
