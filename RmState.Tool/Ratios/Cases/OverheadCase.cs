using Rm.Tool.Ratios.Blocks;

namespace Rm.Tool.Ratios.Cases;

/// <summary>Bytes for a block beside the block, in a source without a free one: metadata, the arena's own tables and all.</summary>
/// <param name="row">The row.</param>
/// <param name="measure">All the bytes that a source has, its blocks' included.</param>
internal sealed class OverheadCase<TSource>(Row row, Func<TSource, long> measure) : BenchCase(row)
    where TSource : struct, IBlockSource<TSource>
{
    /// <summary>A whole number of what sources take from the arena at once.</summary>
    private const int Blocks = 1 << 20;

    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        using TSource source = TSource.Create(seed: 0);
        for (int block = 0; block < Blocks; block++)
        {
            Write(source.Allocate(BlockPool.BlockSize));
        }

        return [Figure.OfAbsolute((measure(source) / (double)Blocks) - BlockPool.BlockSize)];
    }

    private static unsafe void Write(nint block) => *(nint*)block = block;
}
