using System.Diagnostics.CodeAnalysis;
using Rm.Arenas;

namespace Rm.Tool.Replay;

/// <summary>A state whose allocator is a size-class heap over an arena with default options.</summary>
[SuppressMessage("Reliability", "CA2213", Justification = "Dispose disposes the state, then the arena, which disposes its heap.")]
internal readonly struct ArenaStateHeap : IReplayHeap<ArenaStateHeap>, IStateHeap
{
    private readonly RmState _state;
    private readonly SizeClassHeap _heap;

    /// <summary>Replays through a state that is at hand.</summary>
    public ArenaStateHeap(RmState state, SizeClassHeap heap)
    {
        _state = state;
        _heap = heap;
    }

    public static bool DisposeFrees => true;

    public RmState State => _state;

    public Arena? Arena => _heap.Arena;

    [SuppressMessage("Reliability", "CA2000", Justification = "Dispose disposes them.")]
    public static ArenaStateHeap Create()
    {
        SizeClassHeap heap = new Arena().CreateHeap();
        return new ArenaStateHeap(new RmState(new RmStateOptions { Allocator = heap }), heap);
    }

    public static void WarmUp() => ArenaHeap.WarmUp(Create());

    public nint Allocate(nuint size) => _state.RmMalloc(size);

    public nint AllocateZeroed(nuint size) => _state.RmCalloc(1, size);

    public nint AllocateAligned(nuint size, nuint alignment) => _state.RmAlignedAlloc(alignment, size);

    public nint Reallocate(nint block, nuint oldSize, nuint size) => _state.RmRealloc(block, size);

    public nint ReallocateAligned(nint block, nuint oldSize, nuint size, nuint alignment) => _state.RmRealloc(block, size);

    public void Free(nint block) => _state.RmRelease(block);

    public void FreeAligned(nint block) => _state.RmRelease(block);

    // Of aligned blocks the state knows the size asked for, of others that which the heap made of it.
    public void Audit(ReplayScript script, ReadOnlySpan<nint> blocks, ReplayTally tally)
    {
        StateAudit.Run(_state, script.Statistics, (long)_heap.Usage.LiveBytes, tally);
        ArenaAudit.Run(_heap, script, blocks, tally);
    }

    public void Verify(ReplayTally tally)
    {
        StateAudit.Verify(_state, tally);
        ArenaAudit.Verify(_heap.Arena, tally);
    }

    public void Dispose()
    {
        _state.Dispose();
        _heap.Arena.Dispose();
    }
}
