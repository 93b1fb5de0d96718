using System.Diagnostics;

namespace Rm.Diagnostics;

/// <summary>What changed from one snapshot of a state to a later one. Made by <see cref="RmSnapshot.Since"/>; never changes.</summary>
/// <remarks>
/// <para>
/// A block whose birth is recorded is known by it: another block at a reused address is a new one, and one that RmRealloc moved is
/// the same. A block whose birth is not recorded is known by its address alone, so there a reused address passes for the same
/// block and a moved block for one that went and one that came.
/// </para>
/// <para>May be used on any thread.</para>
/// </remarks>
[DebuggerDisplay("{CountDelta} blocks, {BytesDelta} bytes; {Came.Count} came, {Went.Count} went")]
public sealed class RmSnapshotDiff
{
    internal RmSnapshotDiff(RmSnapshot earlier, RmSnapshot later)
    {
        Earlier = earlier;
        Later = later;
        CapturedCame = Without(later.Captured, earlier.Captured);
        Went = Without(earlier.Captured, later.Captured);
        GrownSites = Grown(earlier, later);
    }

    /// <summary>The earlier snapshot.</summary>
    public RmSnapshot Earlier { get; }

    /// <summary>The later snapshot.</summary>
    public RmSnapshot Later { get; }

    /// <summary>The time between them.</summary>
    public TimeSpan Elapsed => Later.Time - Earlier.Time;

    /// <summary>Blocks more, or fewer if negative.</summary>
    public long CountDelta => Later.LiveBlocks - Earlier.LiveBlocks;

    /// <summary>Bytes of known size more, or fewer if negative.</summary>
    public long BytesDelta => Later.LiveBytes - Earlier.LiveBytes;

    /// <summary>Blocks of the later snapshot that are not in the earlier.</summary>
    public IReadOnlyList<RmBlock> Came => CapturedCame;

    /// <summary>Blocks of the earlier snapshot that are not in the later.</summary>
    public IReadOnlyList<RmBlock> Went { get; }

    /// <summary>Sites that have more blocks or more bytes than before: most bytes more first, then most blocks more.</summary>
    public IReadOnlyList<RmSiteGrowth> GrownSites { get; }

    internal CapturedBlocks CapturedCame { get; }

    /// <summary>Both differences, then the grown sites; <see cref="RmSnapshot.DefaultTop"/> at most.</summary>
    /// <returns>Lines separated by '\n', without a final one.</returns>
    public override string ToString() => ToString(RmSnapshot.DefaultTop);

    /// <summary>Both differences, then the grown sites.</summary>
    /// <param name="top">Sites at most; what is left out is counted.</param>
    /// <returns>Lines separated by '\n', without a final one.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="top"/> is negative.</exception>
    public string ToString(int top) => SnapshotText.Of(this, top);

    private static CapturedBlocks Without(CapturedBlocks blocks, CapturedBlocks others)
    {
        HashSet<long> births = [];
        HashSet<nint> addresses = [];
        foreach (ref readonly CapturedBlock other in others.Rows)
        {
            _ = other.Born != 0 ? births.Add(other.Born) : addresses.Add(other.Address);
        }

        List<CapturedBlock> left = [];
        foreach (ref readonly CapturedBlock block in blocks.Rows)
        {
            if (block.Born != 0 ? !births.Contains(block.Born) : !addresses.Contains(block.Address))
            {
                left.Add(block);
            }
        }

        return new CapturedBlocks(left.ToArray(), blocks.Sites);
    }

    private static RmSiteGrowth[] Grown(RmSnapshot earlier, RmSnapshot later)
    {
        Dictionary<RmSite, (long Count, long Bytes)> before = earlier.BySite.ToDictionary(group => group.Site!.Value, group => (group.Count, group.Bytes));
        List<RmSiteGrowth> grown = [];
        foreach (RmBlockGroup group in later.BySite)
        {
            RmSite site = group.Site!.Value;
            (long count, long bytes) = before.GetValueOrDefault(site);
            if (group.Count > count || group.Bytes > bytes)
            {
                grown.Add(new RmSiteGrowth(site, group.Count - count, group.Bytes - bytes));
            }
        }

        return
        [
            .. grown.OrderByDescending(growth => growth.BytesDelta)
                .ThenByDescending(growth => growth.CountDelta)
                .ThenBy(growth => growth.Site.File, StringComparer.Ordinal)
                .ThenBy(growth => growth.Site.Line),
        ];
    }
}
