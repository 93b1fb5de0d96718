using System.Globalization;
using System.Text;

namespace Rm;

/// <summary>What still lived in a state when the report was made. Immutable; may be kept and used on any thread.</summary>
public sealed class RmLeakReport
{
    /// <summary>How many blocks a report lists at most; the totals always cover all.</summary>
    public const int MaxListed = 256;

    internal RmLeakReport(string? stateName, RmStatistics statistics, IReadOnlyList<RmBlock> blocks)
    {
        StateName = stateName;
        Statistics = statistics;
        Blocks = blocks;
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

    /// <summary>The report as text: one line of totals, then a line a listed block.</summary>
    /// <returns>Lines separated by '\n', without a final one.</returns>
    public override string ToString()
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        var text = new StringBuilder();
        text.Append(culture, $"state '{StateName ?? "unnamed"}': {LiveBlocks} blocks live, {LiveBytes} bytes of known size");
        foreach (RmBlock block in Blocks)
        {
            text.Append(culture, $"\n  0x{block.Address:x}: count {block.Count}, ");
            text.Append(block.Size is { } size ? string.Create(culture, $"{size} bytes") : "size unknown");
        }

        if (LiveBlocks > Blocks.Count)
        {
            text.Append(culture, $"\n  and {LiveBlocks - Blocks.Count} more");
        }

        return text.ToString();
    }
}
