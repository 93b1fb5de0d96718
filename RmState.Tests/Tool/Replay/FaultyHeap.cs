using System.Runtime.InteropServices;
using Rm.Arenas;
using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Replay;

/// <summary>Malloc with one mistake in it.</summary>
internal unsafe struct FaultyHeap : IReplayHeap<FaultyHeap>
{
    private const int SpareBlocks = 1;

    [ThreadStatic]
    private static HeapFault _next;

    private readonly HeapFault _fault;
    private int _allocations;
    private nint _last;

    private FaultyHeap(HeapFault fault)
    {
        _fault = fault;
    }

    public static bool DisposeFrees => false;

    public readonly Arena? Arena => null;

    public static void WarmUp()
    {
    }

    /// <summary>Replays a trace through a heap with a mistake.</summary>
    public static ReplayReport Replay(ReplayScript script, HeapFault fault)
    {
        _next = fault;
        return ReplaySession.Run<FaultyHeap>(script, ReplayLoop.Run, warmUp: false);
    }

    public static FaultyHeap Create() => new(_next);

    public nint Allocate(nuint size)
    {
        _allocations++;
        if (_fault == HeapFault.NoMemory && _allocations == SpareBlocks + 3)
        {
            return (nint)NativeMemory.Alloc(nuint.MaxValue / 2);
        }

        if (_fault == HeapFault.OverwritesFirstByte && _allocations == SpareBlocks + 2)
        {
            ((byte*)_last)[0] ^= 1;
        }

        if (_fault == HeapFault.OverwritesLaterPage && _allocations == SpareBlocks + 2)
        {
            ((byte*)_last)[2 * BlockPattern.Stride] ^= 1;
        }

        if (_fault == HeapFault.OverwritesSpareBlock && _allocations == SpareBlocks + 1)
        {
            ((byte*)_last)[0] ^= 1;
        }

        return _last = (nint)NativeMemory.Alloc(size);
    }

    public nint AllocateZeroed(nuint size)
    {
        nint block = (nint)NativeMemory.AllocZeroed(size);
        if (_fault == HeapFault.DirtyCalloc && size > BlockPattern.Stride)
        {
            ((byte*)block)[BlockPattern.Stride] = 1;
        }

        return block;
    }

    // Half an alignment too far; freed from where it begins.
    public nint AllocateAligned(nuint size, nuint alignment) => _fault == HeapFault.Misaligned
        ? (nint)NativeMemory.AlignedAlloc(size + alignment, alignment) + ((nint)alignment / 2)
        : (nint)NativeMemory.AlignedAlloc(size, alignment);

    public nint Reallocate(nint block, nuint oldSize, nuint size)
    {
        nint moved = (nint)NativeMemory.Realloc((void*)block, size);
        if (_fault == HeapFault.ReallocLosesContents)
        {
            ((byte*)moved)[0] = 0;
        }

        return moved;
    }

    public nint ReallocateAligned(nint block, nuint oldSize, nuint size, nuint alignment) => Reallocate(block, oldSize, size);

    public void Free(nint block) => NativeMemory.Free((void*)block);

    public void FreeAligned(nint block) =>
        NativeMemory.AlignedFree((void*)(block & ~(nint)(_fault == HeapFault.Misaligned ? 63 : 0)));

    public void Audit(ReplayScript script, ReadOnlySpan<nint> blocks, ReplayTally tally)
    {
    }

    public void Dispose()
    {
    }
}
