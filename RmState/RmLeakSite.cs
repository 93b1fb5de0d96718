namespace Rm;

/// <summary>What lived of the blocks of one site.</summary>
/// <param name="Site">Where they were allocated or attached.</param>
/// <param name="Count">How many lived.</param>
/// <param name="Bytes">Bytes of those whose size is known.</param>
public readonly record struct RmLeakSite(RmSite Site, long Count, long Bytes)
{
    /// <summary>The site, blocks and bytes.</summary>
    /// <returns>For example <c>Decoder.cs:88: 120 blocks, 491520 bytes</c>.</returns>
    public override string ToString() => FormattableString.Invariant($"{Site}: {Count} blocks, {Bytes} bytes");

    /// <summary>The totals of each site, most bytes first, then most blocks.</summary>
    internal static RmLeakSite[] Of(CapturedBlocks blocks)
    {
        var totals = new (long Count, long Bytes)[blocks.Sites.Length];
        foreach (ref readonly CapturedBlock row in blocks.Rows)
        {
            ref (long Count, long Bytes) total = ref totals[row.Site];
            total.Count++;
            total.Bytes += row.KnownBytes;
        }

        return
        [
            .. totals.Select((total, index) => new RmLeakSite(blocks.Sites[index], total.Count, total.Bytes))
                .Where(site => site.Count > 0)
                .OrderByDescending(site => site.Bytes)
                .ThenByDescending(site => site.Count)
                .ThenBy(site => site.Site.File, StringComparer.Ordinal)
                .ThenBy(site => site.Site.Line),
        ];
    }
}
