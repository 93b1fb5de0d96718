namespace Rm.Tool.Replay;

/// <summary>
/// A block of the replay's own, beside those of the trace, in which one byte is overwritten at the end: a replay that does not
/// report it has a check that sees nothing.
/// </summary>
internal readonly unsafe struct SpareBlock
{
    private const nuint Size = (2 * BlockPattern.Stride) + 1;
    private const nuint PlantedAt = BlockPattern.Stride;

    // No trace has as many objects.
    private const int Id = int.MaxValue;

    private readonly nint _block;

    private SpareBlock(nint block)
    {
        _block = block;
    }

    public static SpareBlock Allocate<THeap>(ref THeap heap)
        where THeap : struct, IReplayHeap<THeap>
    {
        nint block = heap.Allocate(Size);
        BlockPattern.Write(block, Size, Id);
        return new SpareBlock(block);
    }

    /// <summary>Checks that the block is untouched, overwrites a byte of it, and checks again.</summary>
    /// <param name="tally">Where the first check reports.</param>
    /// <param name="check">The check that is put to the test.</param>
    /// <returns>Whether the second check saw the overwritten byte, beside what the first one saw.</returns>
    public bool PlantError(ReplayTally tally, PatternCheck check)
    {
        var first = new ReplayTally();
        check(_block, 0, Size, Id, BlockPattern.ValueOf(Id), first);
        tally.Add(first);
        ((byte*)_block)[PlantedAt] ^= 0xFF;
        var second = new ReplayTally();
        check(_block, 0, Size, Id, BlockPattern.ValueOf(Id), second);
        return second.Violations == first.Violations + 1;
    }

    public void Free<THeap>(ref THeap heap, ReplayTally tally)
        where THeap : struct, IReplayHeap<THeap>
    {
        heap.Free(_block);
        tally.SpareBlocks++;
    }
}
