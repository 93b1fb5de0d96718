using System.Diagnostics.CodeAnalysis;
using Rm.Arenas;
using Rm.Membufs;

namespace Rm.Tool.Replay.Threads;

/// <summary>Blocks of a membuf heap with one reference each: any thread gives it back.</summary>
[SuppressMessage("Reliability", "CA2213", Justification = "Dispose disposes it.")]
internal readonly unsafe struct MembufReplayHeap : ISharedHeap<MembufReplayHeap>
{
    private readonly MembufHeap _heap;

    private MembufReplayHeap(MembufHeap heap) => _heap = heap;

    public static bool DisposeFrees => true;

    public Arena? Arena => _heap.Arena;

    public static MembufReplayHeap Create() => new(new MembufHeap());

    public static void WarmUp() => ArenaHeap.WarmUp(Create());

    public void BeginThread()
    {
    }

    public void EndThread() => _heap.Detach();

    public nint Allocate(nuint size) => _heap.Alloc(size);

    public nint AllocateZeroed(nuint size)
    {
        nint block = _heap.Alloc(size);
        new Span<byte>((void*)block, checked((int)size)).Clear();
        return block;
    }

    public nint AllocateAligned(nuint size, nuint alignment) => _heap.Alloc(size, alignment);

    public nint Reallocate(nint block, nuint oldSize, nuint size) => ReallocateAligned(block, oldSize, size, 0);

    public nint ReallocateAligned(nint block, nuint oldSize, nuint size, nuint alignment)
    {
        if (block != 0 && _heap.TryResize(block, size))
        {
            return block;
        }

        nint moved = _heap.Alloc(size, alignment);
        if (block != 0)
        {
            nuint kept = nuint.Min(oldSize, size);
            Buffer.MemoryCopy((void*)block, (void*)moved, kept, kept);
            _heap.Deref(block);
        }

        return moved;
    }

    public void Free(nint block) => _heap.Deref(block);

    public void FreeAligned(nint block) => _heap.Deref(block);

    public void Audit(ReplayScript script, ReadOnlySpan<nint> blocks, ReplayTally tally)
    {
        tally.Expect("live blocks", blocks.Length - blocks.Count((nint)0), _heap.GetReport().Blocks);
        _heap.Verify();
    }

    public void Dispose() => _heap.Dispose();
}
