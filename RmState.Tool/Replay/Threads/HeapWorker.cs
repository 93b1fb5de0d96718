namespace Rm.Tool.Replay.Threads;

/// <summary>One thread of a replay through a heap.</summary>
internal sealed class HeapWorker<THeap>(ThreadedRun run, int number, THeap heap) : ThreadWorker(run, number)
    where THeap : struct, ISharedHeap<THeap>
{
    private readonly ThreadedRun _run = run;
    private THeap _heap = heap;

    protected override void Replay()
    {
        _heap.BeginThread();
        try
        {
            ReplaySlices();
        }
        finally
        {
            _heap.EndThread();
        }
    }

    protected override void ReplaySlice(int start, int end)
    {
        var blocks = new SharedBlocks(_run.Blocks, Script.Numbers.AsSpan(start, end - start), this);
        var slice = new ReplaySlice
        {
            Ops = Script.Ops.AsSpan(start, end - start),
            Released = Script.Released.AsSpan(start, end - start),
            Sizes = _run.Script.Sizes,
            AlignmentLog2 = _run.Script.AlignmentLog2,
        };
        ReplayLoop.RunSlice(ref _heap, ref blocks, slice, Tally);
    }
}
