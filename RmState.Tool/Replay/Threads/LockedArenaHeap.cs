using System.Diagnostics.CodeAnalysis;
using Rm.Arenas;

namespace Rm.Tool.Replay.Threads;

/// <summary>A size-class heap, which is one thread's at a time, behind a lock: what sharing costs where nothing was done for it.</summary>
[SuppressMessage("Reliability", "CA2213", Justification = "Dispose disposes it.")]
internal readonly struct LockedArenaHeap : ISharedHeap<LockedArenaHeap>
{
    private readonly ArenaHeap _heap;
    private readonly Lock _lock;

    private LockedArenaHeap(ArenaHeap heap)
    {
        _heap = heap;
        _lock = new Lock();
    }

    public static bool DisposeFrees => ArenaHeap.DisposeFrees;

    public Arena? Arena => _heap.Arena;

    public static LockedArenaHeap Create() => new(ArenaHeap.Create());

    public static void WarmUp() => ArenaHeap.WarmUp(Create());

    public void BeginThread()
    {
    }

    public void EndThread()
    {
    }

    public nint Allocate(nuint size)
    {
        lock (_lock)
        {
            return _heap.Allocate(size);
        }
    }

    public nint AllocateZeroed(nuint size)
    {
        lock (_lock)
        {
            return _heap.AllocateZeroed(size);
        }
    }

    public nint AllocateAligned(nuint size, nuint alignment)
    {
        lock (_lock)
        {
            return _heap.AllocateAligned(size, alignment);
        }
    }

    public nint Reallocate(nint block, nuint oldSize, nuint size)
    {
        lock (_lock)
        {
            return _heap.Reallocate(block, oldSize, size);
        }
    }

    public nint ReallocateAligned(nint block, nuint oldSize, nuint size, nuint alignment)
    {
        lock (_lock)
        {
            return _heap.ReallocateAligned(block, oldSize, size, alignment);
        }
    }

    public void Free(nint block)
    {
        lock (_lock)
        {
            _heap.Free(block);
        }
    }

    public void FreeAligned(nint block)
    {
        lock (_lock)
        {
            _heap.FreeAligned(block);
        }
    }

    public void Audit(ReplayScript script, ReadOnlySpan<nint> blocks, ReplayTally tally) => _heap.Audit(script, blocks, tally);

    public void Dispose() => _heap.Dispose();
}
