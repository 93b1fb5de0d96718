using System.Runtime.InteropServices;
using Rm.Arenas;
using Rm.Tool.Replay.Threads;

namespace Rm.Tool.Replay;

/// <summary>Plain <see cref="NativeMemory"/>: the yardstick.</summary>
internal readonly unsafe struct MallocHeap : ISharedHeap<MallocHeap>
{
    public static bool DisposeFrees => false;

    public Arena? Arena => null;

    public static MallocHeap Create() => default;

    // malloc is native code: there is nothing to compile.
    public static void WarmUp()
    {
    }

    public nint Allocate(nuint size) => (nint)NativeMemory.Alloc(size);

    public nint AllocateZeroed(nuint size) => (nint)NativeMemory.AllocZeroed(size);

    public nint AllocateAligned(nuint size, nuint alignment) => (nint)NativeMemory.AlignedAlloc(size, alignment);

    public nint Reallocate(nint block, nuint oldSize, nuint size) => (nint)NativeMemory.Realloc((void*)block, size);

    // Off Windows realloc takes aligned blocks as they are, which is what the recorded program did.
    public nint ReallocateAligned(nint block, nuint oldSize, nuint size, nuint alignment) => OperatingSystem.IsWindows()
        ? (nint)NativeMemory.AlignedRealloc((void*)block, size, alignment)
        : (nint)NativeMemory.Realloc((void*)block, size);

    public void Free(nint block) => NativeMemory.Free((void*)block);

    public void FreeAligned(nint block) => NativeMemory.AlignedFree((void*)block);

    public void BeginThread()
    {
    }

    public void EndThread()
    {
    }

    public void Audit(ReplayScript script, ReadOnlySpan<nint> blocks, ReplayTally tally)
    {
    }

    public void Dispose()
    {
    }
}
