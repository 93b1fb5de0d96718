using Rm.Tool.Ratios.Blocks;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// Bytes resident for an element beside the element, in a block heap without a free one: metadata, the arena's own tables and all.
/// </summary>
internal sealed class OverheadCase(Row row) : BenchCase(row)
{
    /// <summary>A whole number of blocks.</summary>
    private const int Elements = 1 << 20;

    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        using ElementBlocks source = ElementBlocks.Create(seed: 0);
        for (int element = 0; element < Elements; element++)
        {
            Write(source.Allocate(ElementBlocks.Size));
        }

        return [Figure.OfAbsolute((source.MeasureResident() / (double)Elements) - ElementBlocks.Size)];
    }

    private static unsafe void Write(nint block) => *(nint*)block = block;
}
