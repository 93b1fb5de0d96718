using System.Collections;

namespace Rm;

/// <summary>Live blocks of one moment and their sites, compact; as a list it shows each as <see cref="RmBlock"/>. Never changes.</summary>
internal sealed class CapturedBlocks(ReadOnlyMemory<CapturedBlock> blocks, RmSite[] sites) : IReadOnlyList<RmBlock>
{
    internal ReadOnlySpan<CapturedBlock> Rows => blocks.Span;

    /// <summary>The sites that the blocks name by index; the first is the unknown one.</summary>
    internal RmSite[] Sites => sites;

    public int Count => blocks.Length;

    public RmBlock this[int index]
    {
        get
        {
            CapturedBlock row = blocks.Span[index];
            return new RmBlock(row.Address, row.Count, row.Size == nuint.MaxValue ? null : row.Size)
            {
                Site = sites[row.Site],
                Born = row.Born,
                Age = row.Age == CapturedBlock.UnknownAge ? null : TimeSpan.FromMilliseconds(row.Age),
            };
        }
    }

    public IEnumerator<RmBlock> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
