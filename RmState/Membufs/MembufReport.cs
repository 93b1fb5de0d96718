using System.Globalization;
using System.Text;

namespace Rm.Membufs;

/// <summary>The membufs that lived at some moment.</summary>
/// <param name="Heap">The heap's name, or null.</param>
/// <param name="Blocks">How many lived.</param>
/// <param name="Bytes">Their sizes together.</param>
/// <param name="Oldest">Some of them, at most <see cref="Shown"/>.</param>
public sealed record MembufReport(string? Heap, long Blocks, ulong Bytes, IReadOnlyList<MembufInfo> Oldest)
{
    /// <summary>The most blocks a report names.</summary>
    public const int Shown = 64;

    /// <summary>The report as text, a line a block.</summary>
    /// <returns>Several lines.</returns>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"membuf heap '{Heap ?? "unnamed"}': {Blocks} blocks live, {Bytes} bytes");
        foreach (MembufInfo block in Oldest)
        {
            text.AppendLine().Append(CultureInfo.InvariantCulture, $"  0x{block.Block:x}, {block.Size} bytes, {block.References} references");
        }

        if (Blocks > Oldest.Count)
        {
            text.AppendLine().Append(CultureInfo.InvariantCulture, $"  and {Blocks - Oldest.Count} more");
        }

        return text.ToString();
    }
}
