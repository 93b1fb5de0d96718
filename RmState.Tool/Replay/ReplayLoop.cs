using System.Runtime.CompilerServices;

namespace Rm.Tool.Replay;

/// <summary>The loop that is timed: it allocates nothing and asks nothing that the decoding could answer before.</summary>
internal static class ReplayLoop
{
    // Many short calls: the runtime replaces a method by its optimized code when it is called again, and a single long call
    // would be finished in a stand-in.
    private const int Slice = 1024;

    /// <summary>Replays the events from the first up to one.</summary>
    public static void Run<THeap>(ref THeap heap, ReplayScript script, Span<nint> blocks, int end, ReplayTally tally)
        where THeap : struct, IReplayHeap<THeap>
    {
        Run(ref heap, script, blocks, 0, end, tally);
    }

    /// <summary>Replays the events from one up to another; those before were replayed already.</summary>
    public static void Run<THeap>(ref THeap heap, ReplayScript script, Span<nint> blocks, int start, int end, ReplayTally tally)
        where THeap : struct, IReplayHeap<THeap>
    {
        for (int from = start; from < end; from += Slice)
        {
            RunSlice(ref heap, script, blocks, from, Math.Min(Slice, end - from), tally);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunSlice<THeap>(ref THeap heap, ReplayScript script, Span<nint> blocks, int from, int length, ReplayTally tally)
        where THeap : struct, IReplayHeap<THeap>
    {
        ReadOnlySpan<ReplayOp> ops = script.Ops.Slice(from, length);
        ReadOnlySpan<int> releases = script.Released.Slice(from, length);
        ReadOnlySpan<nuint> sizes = script.Sizes;
        int next = tally.NextObject;
        for (int i = 0; i < ops.Length; i++)
        {
            tally.Event = from + i;
            int released = releases[i];
            nint block;
            switch (ops[i])
            {
                case ReplayOp.Allocate:
                    block = heap.Allocate(sizes[next]);
                    break;
                case ReplayOp.AllocateZeroed:
                    block = heap.AllocateZeroed(sizes[next]);
                    BlockPattern.Check(block, 0, sizes[next], next, 0, tally);
                    break;
                case ReplayOp.AllocateAligned:
                    nuint alignment = (nuint)1 << script.AlignmentLog2[next];
                    block = heap.AllocateAligned(sizes[next], alignment);
                    BlockPattern.CheckAlignment(block, alignment, next, tally);
                    break;
                case ReplayOp.Free:
                    CheckReleased(blocks[released], sizes[released], released, tally);
                    heap.Free(blocks[released]);
                    blocks[released] = 0;
                    continue;
                case ReplayOp.FreeAligned:
                    CheckReleased(blocks[released], sizes[released], released, tally);
                    heap.FreeAligned(blocks[released]);
                    blocks[released] = 0;
                    continue;
                case ReplayOp.Reallocate:
                    CheckCutOff(blocks[released], sizes[released], sizes[next], released, tally);
                    block = heap.Reallocate(blocks[released], sizes[next]);
                    blocks[released] = 0;
                    CheckKept(block, sizes[released], sizes[next], released, tally);
                    break;
                default:
                    CheckCutOff(blocks[released], sizes[released], sizes[next], released, tally);
                    block = heap.ReallocateAligned(blocks[released], sizes[next], (nuint)1 << script.AlignmentLog2[next]);
                    blocks[released] = 0;
                    CheckKept(block, sizes[released], sizes[next], released, tally);
                    break;
            }

            blocks[next] = block;
            BlockPattern.Write(block, sizes[next], next);
            next++;
        }

        tally.NextObject = next;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CheckReleased(nint block, nuint size, int id, ReplayTally tally) =>
        BlockPattern.Check(block, 0, size, id, BlockPattern.ValueOf(id), tally);

    // A reallocation keeps the contents up to the smaller size: what it drops is checked before, what it keeps after.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CheckCutOff(nint block, nuint oldSize, nuint newSize, int id, ReplayTally tally) =>
        BlockPattern.Check(block, BlockPattern.AtOrAfter(newSize), oldSize, id, BlockPattern.ValueOf(id), tally);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CheckKept(nint block, nuint oldSize, nuint newSize, int id, ReplayTally tally) =>
        BlockPattern.Check(block, 0, Math.Min(oldSize, newSize), id, BlockPattern.ValueOf(id), tally);
}
