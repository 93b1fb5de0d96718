namespace Rm.Tests.Tool.Replay.Threads;

/// <summary>What a <see cref="FaultySharedHeap"/> does wrong, once.</summary>
public enum SharedFault
{
    None,
    OverwritesAnotherBlock,
    HandsABlockOutTwice,
    ReturnsNoBlock,
    ThrowsInAllocate,
    ThrowsInFree,
    ThrowsInBeginThread,
    ThrowsInEndThread,
}
