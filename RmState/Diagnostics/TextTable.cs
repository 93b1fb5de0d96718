using System.Text;

namespace Rm.Diagnostics;

/// <summary>A table in plain text: the first column flush left, the others flush right.</summary>
internal sealed class TextTable(params string[] titles)
{
    private readonly List<string[]> _rows = [titles];

    internal void Add(params string[] cells) => _rows.Add(cells);

    internal void AppendTo(StringBuilder text)
    {
        int[] widths = [.. titles.Select((_, column) => _rows.Max(row => row[column].Length))];
        foreach (string[] row in _rows)
        {
            text.Append('\n').Append(row[0].PadRight(widths[0]));
            for (int column = 1; column < widths.Length; column++)
            {
                text.Append("  ").Append(row[column].PadLeft(widths[column]));
            }
        }
    }
}
