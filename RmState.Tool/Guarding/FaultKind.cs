namespace Rm.Tool.Guarding;

/// <summary>What a <see cref="Commands.FaultCommand"/> does wrong.</summary>
internal enum FaultKind
{
    /// <summary>Nothing: it touches the last byte of the block.</summary>
    None,

    /// <summary>It writes the byte behind the block.</summary>
    Overrun,

    /// <summary>It writes the byte before the block.</summary>
    Underrun,

    /// <summary>It reads a byte of the block after its release.</summary>
    ReadAfterFree,

    /// <summary>It writes a byte of the block after it moved to grow.</summary>
    WriteAfterMove,
}
