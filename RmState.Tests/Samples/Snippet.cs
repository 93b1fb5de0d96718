namespace Rm.Tests.Samples;

/// <summary>A #region of a sample file, which documents may quote because a test runs it.</summary>
/// <param name="Name">The region's name.</param>
/// <param name="Namespaces">What its file sees without further using directives.</param>
/// <param name="Code">Its lines, normalized.</param>
internal sealed record Snippet(string Name, IReadOnlySet<string> Namespaces, string Code)
{
    private const string Begin = "#region ";
    private const string End = "#endregion";
    private const string MemberIndent = "    ";

    // What ImplicitUsings and the project file give every file.
    private static readonly string[] Implicit =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks",
    ];

    /// <summary>Every snippet of a sample file. Relies on the layout that the build enforces: members are indented by four.</summary>
    /// <exception cref="FormatException">A region has no name, is not closed, is nested, or is not inside a method marked [Fact].</exception>
    public static IReadOnlyList<Snippet> Read(string source)
    {
        string[] lines = source.ReplaceLineEndings("\n").Split('\n');
        HashSet<string> namespaces = VisibleIn(lines);
        var snippets = new List<Snippet>();
        bool fact = false;
        bool inFact = false;
        int start = -1;
        for (int i = 0; i < lines.Length; i++)
        {
            string text = lines[i].Trim();
            if (text.StartsWith(Begin.TrimEnd(), StringComparison.Ordinal))
            {
                Require(start < 0, i, "regions may not be nested");
                Require(inFact, i, "the region is not inside a method marked [Fact]");
                Require(text.Length > Begin.Length, i, "the region has no name");
                start = i;
            }
            else if (text.StartsWith(End, StringComparison.Ordinal))
            {
                Require(start >= 0, i, "no region is open");
                snippets.Add(new Snippet(lines[start].Trim()[Begin.Length..], namespaces, CodeLines.Normalize(lines[(start + 1)..i])));
                start = -1;
            }
            else
            {
                switch (lines[i])
                {
                    case MemberIndent + "[Fact]":
                        fact = true;
                        break;
                    case MemberIndent + "{":
                        inFact = fact;
                        break;
                    case MemberIndent + "}":
                        Require(start < 0, i, "the region is not closed");
                        fact = inFact = false;
                        break;
                }
            }
        }

        return snippets;
    }

    private static HashSet<string> VisibleIn(string[] lines)
    {
        var seen = new HashSet<string>(Implicit, StringComparer.Ordinal);
        foreach (string line in lines.Where(l => l.EndsWith(';')))
        {
            if (line.StartsWith("using ", StringComparison.Ordinal))
            {
                seen.Add(line["using ".Length..^1]);
            }
            else if (line.StartsWith("namespace ", StringComparison.Ordinal))
            {
                // A namespace sees those around it.
                string name = line["namespace ".Length..^1];
                for (int end = name.Length; end > 0; end = name.LastIndexOf('.', end - 1))
                {
                    seen.Add(name[..end]);
                }
            }
        }

        return seen;
    }

    private static void Require(bool condition, int line, string problem)
    {
        if (!condition)
        {
            throw new FormatException($"line {line + 1}: {problem}");
        }
    }
}
