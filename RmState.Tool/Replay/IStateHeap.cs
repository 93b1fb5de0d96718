namespace Rm.Tool.Replay;

/// <summary>A heap of which a state counts the blocks.</summary>
internal interface IStateHeap
{
    RmState State { get; }

    /// <summary>Has everything there is check its own invariants.</summary>
    void Verify(ReplayTally tally);
}
