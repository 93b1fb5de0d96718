using Rm.Tool.Ratios.Blocks;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// What stays resident, over what a new arena has, when a million blocks were all freed and the pool was trimmed, in MiB: the worse of
/// the pools.
/// </summary>
internal sealed class AllFreedCase(Row row) : BenchCase(row)
{
    private const int Blocks = 1_000_000;
    private const double Mebibyte = 1 << 20;

    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        int blocks = context.Settings.Sized(Blocks);
        double heap = Growth<HeapBlocks>(blocks) / Mebibyte;
        double state = Growth<StateBlocks>(blocks) / Mebibyte;
        double elements = Growth<ElementBlocks>(blocks) / Mebibyte;
        return [Figure.OfAbsolute(Math.Max(elements, Math.Max(heap, state)), $"block heap {elements:F2}, size-class heap {heap:F2}, under a state {state:F2}")];
    }

    private static long Growth<TSource>(int count)
        where TSource : struct, IBlockSource<TSource>, IArenaBlocks
    {
        using TSource source = TSource.Create(seed: 1);
        long start = source.MeasureResident();
        nint[] blocks = new nint[count];
        foreach (ref nint block in blocks.AsSpan())
        {
            block = source.Allocate(BlockPool.BlockSize);
            Write(block);
        }

        foreach (nint block in blocks)
        {
            source.Free(block);
        }

        return source.MeasureTrimmed() - start;
    }

    private static unsafe void Write(nint block) => *(nint*)block = block;
}
