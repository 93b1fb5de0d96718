using Rm.Arenas;
using Rm.Tool.Replay;
using Rm.Tool.Replay.Threads;

namespace Rm.Tests.Tool.Replay.Threads;

/// <summary>Malloc for any thread with one mistake in it, or one that tells a test of its calls. Blocks are freed with the heap.</summary>
internal readonly unsafe struct FaultySharedHeap : ISharedHeap<FaultySharedHeap>
{
    [ThreadStatic]
    private static FaultyCalls? _next;

    private readonly FaultyCalls _calls;

    public FaultySharedHeap(FaultyCalls calls)
    {
        _calls = calls;
    }

    public static bool DisposeFrees => true;

    public Arena? Arena => null;

    /// <summary>Replays a trace on its threads.</summary>
    public static ReplayReport Replay(ReplayScript script, FaultyCalls calls)
    {
        _next = calls;
        var loop = new ThreadedLoop(script);
        return ReplaySession.Run<FaultySharedHeap>(script, loop.Run, warmUp: false) with { OnThreads = loop.Figures };
    }

    public static FaultySharedHeap Create() => new(_next!);

    public static void WarmUp()
    {
    }

    public void BeginThread() => _calls.BeginThread();

    public void EndThread() => _calls.EndThread();

    public nint Allocate(nuint size) => _calls.Allocate(size);

    public nint AllocateZeroed(nuint size)
    {
        nint block = _calls.Allocate(size);
        new Span<byte>((void*)block, (int)size).Clear();
        return block;
    }

    public nint AllocateAligned(nuint size, nuint alignment)
    {
        nint block = _calls.Allocate(size + alignment);
        return (block + (nint)alignment - 1) & -(nint)alignment;
    }

    public nint Reallocate(nint block, nuint oldSize, nuint size)
    {
        nint moved = _calls.Allocate(size);
        int kept = (int)Math.Min(oldSize, size);
        new Span<byte>((void*)block, kept).CopyTo(new Span<byte>((void*)moved, kept));
        _calls.Free(block);
        return moved;
    }

    public nint ReallocateAligned(nint block, nuint oldSize, nuint size, nuint alignment) => Reallocate(block, oldSize, size);

    public void Free(nint block) => _calls.Free(block);

    public void FreeAligned(nint block) => _calls.Free(block);

    public void Audit(ReplayScript script, ReadOnlySpan<nint> blocks, ReplayTally tally)
    {
    }

    public void Dispose() => _calls.Dispose();
}
