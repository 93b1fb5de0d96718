namespace Rm.Tool.Replay;

/// <summary>What a replay does for one event: the trace's call, with the questions answered that it would ask each time.</summary>
internal enum ReplayOp : byte
{
    Allocate,
    AllocateZeroed,
    AllocateAligned,
    Reallocate,
    ReallocateAligned,
    Free,
    FreeAligned,
}
