using Rm.Arenas;

namespace Rm.Tool.Replay;

/// <summary>
/// The heap a trace is replayed through. Implemented by structs and used as a type parameter, so that both sides of a
/// comparison run the same code with their own calls compiled in.
/// </summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
internal interface IReplayHeap<TSelf> : IDisposable
    where TSelf : struct, IReplayHeap<TSelf>
{
    /// <summary>Whether <see cref="IDisposable.Dispose"/> frees the blocks that still live.</summary>
    static abstract bool DisposeFrees { get; }

    /// <summary>The arena that the blocks come from; null when there is none.</summary>
    Arena? Arena { get; }

    /// <summary>Makes a heap without blocks.</summary>
    static abstract TSelf Create();

    /// <summary>Lets the runtime optimize what only a large heap runs and a replayed prefix is too short for.</summary>
    static abstract void WarmUp();

    nint Allocate(nuint size);

    nint AllocateZeroed(nuint size);

    nint AllocateAligned(nuint size, nuint alignment);

    /// <summary>Changes a block's size; it may move.</summary>
    /// <param name="block">The block.</param>
    /// <param name="oldSize">What was asked for when it was allocated; most heaps know.</param>
    /// <param name="size">Bytes asked for now.</param>
    nint Reallocate(nint block, nuint oldSize, nuint size);

    nint ReallocateAligned(nint block, nuint oldSize, nuint size, nuint alignment);

    void Free(nint block);

    void FreeAligned(nint block);

    /// <summary>After a replay: compares what the heap knows of itself with what it was asked to do.</summary>
    /// <param name="script">The trace; every block live at its end still lives.</param>
    /// <param name="blocks">By object: its block, or 0 if it was freed.</param>
    /// <param name="tally">Where differences are reported.</param>
    void Audit(ReplayScript script, ReadOnlySpan<nint> blocks, ReplayTally tally);
}
