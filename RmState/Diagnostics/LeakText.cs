using System.Globalization;
using System.Text;

namespace Rm.Diagnostics;

/// <summary>What a message says of leaked blocks: every site, the oldest few and who holds them, and how to learn more.</summary>
internal static class LeakText
{
    private const int MaxExplained = 5;

    internal static void Append(StringBuilder text, RmState state, CapturedBlocks blocks)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        foreach (RmBlockGroup group in new BlockGroups(blocks).BySite)
        {
            text.Append(culture, $"\n  {group}");
        }

        foreach (RmBlock block in blocks.OrderBy(block => block.Born).Take(MaxExplained))
        {
            RmHolders holders = state.RmWhoHolds(block.Address);
            string known = holders.Unrecorded == holders.Count ? "" : $"; {holders}";
            text.Append(culture, $"\n  {block}{known}");
        }

        if (blocks.Count > MaxExplained)
        {
            text.Append(culture, $"\n  and {blocks.Count - MaxExplained} more blocks");
        }

        if (state.Level == RmDiagnosticsLevel.Counters)
        {
            text.Append("\n  The state records no sites; with RmStateOptions.Level = RmDiagnosticsLevel.Sites they are named.");
        }
    }
}
