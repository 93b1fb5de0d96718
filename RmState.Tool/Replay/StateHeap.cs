using System.Diagnostics.CodeAnalysis;
using Rm.Arenas;

namespace Rm.Tool.Replay;

/// <summary>A state with default options.</summary>
[SuppressMessage("Reliability", "CA2213", Justification = "Dispose disposes it.")]
internal readonly struct StateHeap : IReplayHeap<StateHeap>, IStateHeap
{
    private readonly RmState _state;

    /// <summary>Replays through a state that is at hand.</summary>
    public StateHeap(RmState state)
    {
        _state = state;
    }

    public static bool DisposeFrees => true;

    public RmState State => _state;

    public Arena? Arena => null;

    public static StateHeap Create() => new(new RmState());

    public static void WarmUp()
    {
        // Growing is what a prefix has little of. The addresses are made up: they are detached before anything is freed.
        const int blocks = 40_000;
        const int stride = 64;
        using var state = new RmState();
        for (nint block = stride; block <= blocks * stride; block += stride)
        {
            state.RmAttach(block);
        }

        for (nint block = stride; block <= blocks * stride; block += stride)
        {
            _ = state.RmDetach(block);
        }
    }

    public nint Allocate(nuint size) => _state.RmMalloc(size);

    public nint AllocateZeroed(nuint size) => _state.RmCalloc(1, size);

    public nint AllocateAligned(nuint size, nuint alignment) => _state.RmAlignedAlloc(alignment, size);

    public nint Reallocate(nint block, nuint oldSize, nuint size) => _state.RmRealloc(block, size);

    public nint ReallocateAligned(nint block, nuint oldSize, nuint size, nuint alignment) => _state.RmRealloc(block, size);

    public void Free(nint block) => _state.RmRelease(block);

    public void FreeAligned(nint block) => _state.RmRelease(block);

    public void Audit(ReplayScript script, ReadOnlySpan<nint> blocks, ReplayTally tally) =>
        StateAudit.Run(_state, script.Statistics, (long)script.Statistics.LiveBytes, tally);

    public void Verify(ReplayTally tally) => StateAudit.Verify(_state, tally);

    public void Dispose() => _state.Dispose();
}
