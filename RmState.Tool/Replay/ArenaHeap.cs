using System.Diagnostics.CodeAnalysis;
using Rm.Arenas;

namespace Rm.Tool.Replay;

/// <summary>A size-class heap over an arena with default options, nothing counted.</summary>
[SuppressMessage("Reliability", "CA2213", Justification = "Dispose disposes the arena, and the arena its heap.")]
internal readonly struct ArenaHeap : IReplayHeap<ArenaHeap>
{
    // Enough for some slabs of every class that a prefix may leave out.
    private const nuint WarmUpBytes = 256 << 10;
    private const nuint LargestWarmUp = 2 << 20;

    private readonly SizeClassHeap _heap;

    /// <summary>Replays through a heap that is at hand.</summary>
    public ArenaHeap(SizeClassHeap heap)
    {
        _heap = heap;
    }

    public static bool DisposeFrees => true;

    public Arena? Arena => _heap.Arena;

    [SuppressMessage("Reliability", "CA2000", Justification = "Dispose disposes the arena.")]
    public static ArenaHeap Create() => new(new Arena().CreateHeap());

    public static void WarmUp() => WarmUp(Create());

    public nint Allocate(nuint size) => OrThrow(_heap.Allocate(size), size);

    public nint AllocateZeroed(nuint size) => OrThrow(_heap.AllocateZeroed(size), size);

    public nint AllocateAligned(nuint size, nuint alignment) => OrThrow(_heap.AllocateAligned(size, alignment), size);

    public nint Reallocate(nint block, nuint oldSize, nuint size) => OrThrow(_heap.Reallocate(block, 0, size, 0), size);

    public nint ReallocateAligned(nint block, nuint oldSize, nuint size, nuint alignment) => OrThrow(_heap.Reallocate(block, 0, size, alignment), size);

    public void Free(nint block) => _heap.Free(block);

    public void FreeAligned(nint block) => _heap.Free(block);

    public void Audit(ReplayScript script, ReadOnlySpan<nint> blocks, ReplayTally tally) =>
        ArenaAudit.Run(_heap, script, blocks, tally);

    public void Dispose() => _heap.Arena.Dispose();

    /// <summary>Takes slabs of many classes and large blocks, and gives all back.</summary>
    public static void WarmUp<THeap>(THeap heap)
        where THeap : struct, IReplayHeap<THeap>
    {
        using THeap ending = heap;
        var blocks = new List<nint>();
        for (nuint size = 16; size <= LargestWarmUp; size *= 2)
        {
            for (nuint taken = 0; taken < WarmUpBytes; taken += size)
            {
                blocks.Add(heap.Allocate(size));
            }
        }

        foreach (nint block in blocks)
        {
            heap.Free(block);
        }
    }

    private static nint OrThrow(nint block, nuint size) => block != 0 ? block : throw NoMemoryFor(size);

    private static InvalidOperationException NoMemoryFor(nuint size) => new($"The heap has no memory for {size} bytes.");
}
