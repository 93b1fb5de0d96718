namespace Rm.Tool.Ratios;

/// <summary>
/// The cases that may miss their target: those for which docs/performance.md has a heading <c>### MISS: case name</c> and under it
/// a table of at least three measured designs.
/// </summary>
internal static class KnownMisses
{
    /// <summary>Designs that must have been measured before a miss is accepted.</summary>
    internal const int DesignsNeeded = 3;

    private const string Heading = "### MISS:";

    /// <summary>Reads the file; no file, no misses.</summary>
    internal static HashSet<string> Read(string path) => File.Exists(path) ? Parse(File.ReadLines(path)) : [];

    /// <summary>Finds the cases in the lines of the page.</summary>
    internal static HashSet<string> Parse(IEnumerable<string> lines)
    {
        var misses = new HashSet<string>(StringComparer.Ordinal);
        string? name = null;
        int tableLines = 0;
        bool inFence = false;
        foreach (string line in lines.Select(static line => line.Trim()))
        {
            inFence ^= line.StartsWith("```", StringComparison.Ordinal);
            if (inFence)
            {
                continue;
            }

            if (line.StartsWith('#'))
            {
                name = line.StartsWith(Heading, StringComparison.Ordinal) ? line[Heading.Length..].Trim() : null;
                tableLines = 0;
            }
            else if (line.StartsWith('|'))
            {
                tableLines++;
            }
            else if (tableLines > 0)
            {
                // Only the first table counts: it is the one of the designs.
                name = null;
            }

            // A table begins with its header and the line under it.
            if (name is not null && tableLines == 2 + DesignsNeeded)
            {
                misses.Add(name);
            }
        }

        return misses;
    }
}
