namespace Rm.Tests.Tool.Replay;

/// <summary>What a <see cref="FaultyHeap"/> does wrong.</summary>
public enum HeapFault
{
    None,
    OverwritesFirstByte,
    OverwritesLaterPage,
    OverwritesSpareBlock,
    DirtyCalloc,
    ReallocLosesContents,
    Misaligned,
    NoMemory,
}
