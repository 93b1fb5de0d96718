using System.Globalization;
using System.Text;

namespace Rm;

/// <summary>What still lived in a state when the report was made. Immutable; may be kept and used on any thread.</summary>
public sealed class RmLeakReport
{
    /// <summary>How many blocks a report lists at most; the totals always cover all.</summary>
    public const int MaxListed = 256;

    // With more blocks than this, sites say more than addresses.
    private const int MaxSingly = 16;

    internal RmLeakReport(string? stateName, RmStatistics statistics, IReadOnlyList<RmBlock> blocks, IReadOnlyList<RmLeakSite> sites)
    {
        StateName = stateName;
        Statistics = statistics;
        Blocks = blocks;
        Sites = sites;
    }

    /// <summary>The state's name, or null if it has none.</summary>
    public string? StateName { get; }

    /// <summary>The state's counters when the report was made.</summary>
    public RmStatistics Statistics { get; }

    /// <summary>Blocks that lived.</summary>
    public long LiveBlocks => Statistics.LiveBlocks;

    /// <summary>Bytes of those whose size is known.</summary>
    public long LiveBytes => Statistics.LiveBytes;

    /// <summary>The first <see cref="MaxListed"/> live blocks, in table order.</summary>
    public IReadOnlyList<RmBlock> Blocks { get; }

    /// <summary>
    /// All live blocks by the place where they were allocated or attached, most bytes first; empty when no site is known, see
    /// <see cref="RmState.Level"/>.
    /// </summary>
    public IReadOnlyList<RmLeakSite> Sites { get; }

    /// <summary>
    /// The report as text: one line of totals, then a line a listed block with its site if that is known; of more than 16
    /// blocks of known sites, a line a site instead.
    /// </summary>
    /// <returns>Lines separated by '\n', without a final one.</returns>
    public override string ToString()
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        var text = new StringBuilder();
        text.Append(culture, $"state '{StateName ?? "unnamed"}': {LiveBlocks} blocks live, {LiveBytes} bytes of known size");
        if (LiveBlocks > MaxSingly && Sites.Count > 0)
        {
            AppendSites(text);
        }
        else
        {
            AppendBlocks(text);
        }

        return text.ToString();
    }

    private void AppendSites(StringBuilder text)
    {
        foreach (RmLeakSite site in Sites.Take(MaxListed))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  {site}");
        }

        if (Sites.Count > MaxListed)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  and {Sites.Count - MaxListed} more sites");
        }
    }

    private void AppendBlocks(StringBuilder text)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        foreach (RmBlock block in Blocks)
        {
            text.Append(culture, $"\n  {block}");
        }

        if (LiveBlocks > Blocks.Count)
        {
            text.Append(culture, $"\n  and {LiveBlocks - Blocks.Count} more");
        }
    }
}
