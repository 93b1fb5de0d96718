using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Measuring;
using Rm.Tool.Replay;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// What stays resident when of a million blocks all but every 1024th were freed and the pool was trimmed, in bytes, against malloc
/// after malloc_trim. The order of the frees is that of the addresses in either.
/// </summary>
internal sealed class ResidueCase<TSource>(Row row) : BenchCase(row)
    where TSource : struct, IBlockSource<TSource>, IArenaBlocks
{
    private const int Blocks = 1_000_000;
    private const int Every = 1024;

    /// <summary>The runtime around malloc touches some pages more or fewer.</summary>
    private const int PeerRuns = 5;

    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        int blocks = context.Settings.Sized(Blocks);
        double ours = Resident(blocks);
        double peer = ReplayMeasurement.Median(Enumerable.Range(0, PeerRuns).Select(_ => (double)MallocResidue.MeasureInChild(blocks, BlockPool.BlockSize, Every)));
        return [new Figure(ours, peer, ours / peer)];
    }

    private static long Resident(int count)
    {
        using TSource source = TSource.Create(seed: 1);
        nint[] blocks = new nint[count];
        foreach (ref nint block in blocks.AsSpan())
        {
            block = source.Allocate(BlockPool.BlockSize);
            Write(block);
        }

        for (int index = count - 1; index >= 0; index--)
        {
            if (index % Every != 0)
            {
                source.Free(blocks[index]);
            }
        }

        long resident = source.MeasureTrimmed();
        for (int index = 0; index < count; index += Every)
        {
            source.Free(blocks[index]);
        }

        return resident;
    }

    private static unsafe void Write(nint block) => *(nint*)block = block;
}
