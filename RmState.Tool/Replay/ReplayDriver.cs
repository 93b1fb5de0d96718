namespace Rm.Tool.Replay;

/// <summary>Replays the events from the first up to one.</summary>
internal delegate void ReplayDriver<THeap>(ref THeap heap, ReplayScript script, Span<nint> blocks, int end, ReplayTally tally)
    where THeap : struct, IReplayHeap<THeap>;
