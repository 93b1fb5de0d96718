namespace Rm.Tests.Samples;

/// <summary>One fenced block of C# in a Markdown document.</summary>
/// <param name="Line">The line of its opening fence, from 1.</param>
/// <param name="Usings">The namespaces it names with using directives at its beginning.</param>
/// <param name="Code">The rest, normalized.</param>
internal sealed record DocumentBlock(int Line, IReadOnlyList<string> Usings, string Code)
{
    private const string Language = "csharp";
    private static readonly string[] Aliases = [Language, "cs", "c#"];

    /// <summary>Every C# block of a document, in order. Blocks of other languages are passed over.</summary>
    /// <exception cref="FormatException">A block is not closed, or its fence says anything but <c>csharp</c>.</exception>
    public static IReadOnlyList<DocumentBlock> Read(string markdown)
    {
        string[] lines = markdown.ReplaceLineEndings("\n").Split('\n');
        var blocks = new List<DocumentBlock>();
        for (int i = 0; i < lines.Length; i++)
        {
            string fence = Fence(lines[i]);
            if (fence.Length == 0)
            {
                continue;
            }

            int start = i;
            string info = lines[i].Trim()[fence.Length..].Trim();
            do
            {
                if (++i == lines.Length)
                {
                    throw new FormatException($"line {start + 1}: the block is not closed");
                }
            }
            while (!Closes(lines[i], fence));

            if (!Aliases.Contains(info.Split(' ')[0], StringComparer.OrdinalIgnoreCase))
            {
                continue;
            }

            if (!string.Equals(info, Language, StringComparison.Ordinal))
            {
                throw new FormatException($"line {start + 1}: '{info}' must be '{Language}' and nothing else: every block runs");
            }

            blocks.Add(Parse(start + 1, lines[(start + 1)..i]));
        }

        return blocks;
    }

    private static DocumentBlock Parse(int line, string[] content)
    {
        string[] code = CodeLines.Normalize(content).Split('\n');
        var usings = new List<string>();
        foreach (string directive in code.TakeWhile(IsUsing))
        {
            usings.Add(directive["using ".Length..^1]);
        }

        return new DocumentBlock(line, usings, CodeLines.Normalize(code.Skip(usings.Count)));
    }

    // A directive, not a using declaration: a name and nothing else.
    private static bool IsUsing(string line) =>
        line.StartsWith("using ", StringComparison.Ordinal)
        && line.EndsWith(';')
        && line["using ".Length..^1].All(c => char.IsLetterOrDigit(c) || c is '.' or '_');

    private static string Fence(string line)
    {
        string text = line.TrimStart();
        char mark = text.Length == 0 ? ' ' : text[0];
        int length = mark is '`' or '~' ? text.TakeWhile(c => c == mark).Count() : 0;

        // `code` within a line may begin it with as many backquotes, but then more of them follow.
        return length >= 3 && !(mark == '`' && text[length..].Contains('`', StringComparison.Ordinal)) ? text[..length] : "";
    }

    private static bool Closes(string line, string fence)
    {
        string text = line.Trim();
        return text.Length >= fence.Length && text.All(c => c == fence[0]);
    }
}
