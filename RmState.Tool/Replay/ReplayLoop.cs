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
            int length = Math.Min(Slice, end - from);
            var table = new LocalBlocks(blocks, from);
            var slice = new ReplaySlice
            {
                Ops = script.Ops.Slice(from, length),
                Released = script.Released.Slice(from, length),
                Sizes = script.Sizes,
                AlignmentLog2 = script.AlignmentLog2,
            };
            RunSlice(ref heap, ref table, slice, tally);
        }
    }

    /// <summary>Replays some events; objects are numbered on from <see cref="ReplayTally.NextObject"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void RunSlice<THeap, TBlocks>(ref THeap heap, ref TBlocks blocks, in ReplaySlice slice, ReplayTally tally)
        where THeap : struct, IReplayHeap<THeap>
        where TBlocks : struct, IBlockTable, allows ref struct
    {
        ReadOnlySpan<ReplayOp> ops = slice.Ops;
        ReadOnlySpan<int> releases = slice.Released;
        ReadOnlySpan<nuint> sizes = slice.Sizes;
        int next = tally.NextObject;
        for (int i = 0; i < ops.Length; i++)
        {
            tally.Event = blocks.EventOf(i);
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
                    nuint alignment = (nuint)1 << slice.AlignmentLog2[next];
                    block = heap.AllocateAligned(sizes[next], alignment);
                    BlockPattern.CheckAlignment(block, alignment, next, tally);
                    break;
                case ReplayOp.Free:
                    block = blocks.Take(released);
                    CheckReleased(block, sizes[released], released, tally);
                    heap.Free(block);
                    continue;
                case ReplayOp.FreeAligned:
                    block = blocks.Take(released);
                    CheckReleased(block, sizes[released], released, tally);
                    heap.FreeAligned(block);
                    continue;
                case ReplayOp.Reallocate:
                    block = blocks.Take(released);
                    CheckCutOff(block, sizes[released], sizes[next], released, tally);
                    block = heap.Reallocate(block, sizes[released], sizes[next]);
                    CheckKept(block, sizes[released], sizes[next], released, tally);
                    break;
                default:
                    block = blocks.Take(released);
                    CheckCutOff(block, sizes[released], sizes[next], released, tally);
                    block = heap.ReallocateAligned(block, sizes[released], sizes[next], (nuint)1 << slice.AlignmentLog2[next]);
                    CheckKept(block, sizes[released], sizes[next], released, tally);
                    break;
            }

            BlockPattern.Write(block, sizes[next], next);
            blocks.Put(next, block);
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
