namespace Rm.Tests.Samples;

/// <summary>Code as compared between documents and samples: where it is indented as a whole does not matter.</summary>
internal static class CodeLines
{
    /// <summary>Drops blank lines at both ends, space at the ends of lines, and the indentation that all lines share.</summary>
    public static string Normalize(IEnumerable<string> lines)
    {
        List<string> kept = [.. lines.Select(l => l.TrimEnd())];
        int indent = kept.Where(l => l.Length > 0).Select(Indentation).DefaultIfEmpty(0).Min();
        return string.Join('\n', kept.Select(l => l.Length > indent ? l[indent..] : "")).Trim('\n');
    }

    public static int Indentation(string line) => line.Length - line.TrimStart(' ').Length;
}
