using System.Text;

namespace Rm.Fuzz.Programs;

/// <summary>
/// Programs as text files (<c>*.rmfuzz</c>): a first line with the format's name, options as <c>name value</c>, a line
/// <c>---</c>, then one step a line. What is not there has its default. Empty lines and lines that begin with <c>;</c> are comments.
/// </summary>
internal static class ProgramFile
{
    private const string FirstLine = "rmfuzz 1";

    public static string Format(FuzzProgram program, string? comment = null)
    {
        ProgramOptions usual = new();
        StringBuilder text = new();
        text.Append(FirstLine).Append('\n');
        foreach (string line in (comment ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            text.Append("; ").Append(line).Append('\n');
        }

        foreach (OptionText option in OptionText.All)
        {
            string value = option.Format(program.Options);
            if (!string.Equals(value, option.Format(usual), StringComparison.Ordinal))
            {
                text.Append(option.Name).Append(' ').Append(value).Append('\n');
            }
        }

        text.Append("---\n");
        foreach (Op op in program.Ops)
        {
            text.Append(op).Append('\n');
        }

        return text.ToString();
    }

    public static FuzzProgram Parse(string text)
    {
        string[] lines = [.. text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != ';')];
        int body = Array.IndexOf(lines, "---");
        if (lines.Length == 0 || !string.Equals(lines[0], FirstLine, StringComparison.Ordinal) || body < 0)
        {
            throw new FormatException($"a program begins with '{FirstLine}' and has a line '---' between options and steps");
        }

        ProgramOptions options = lines[1..body].Aggregate(new ProgramOptions(), Option);
        return new FuzzProgram(options, [.. lines[(body + 1)..].Select(OpText.Parse)]);
    }

    private static ProgramOptions Option(ProgramOptions options, string line)
    {
        string[] words = line.Split(' ', 2);
        OptionText option = OptionText.All.FirstOrDefault(o => string.Equals(o.Name, words[0], StringComparison.Ordinal))
            ?? throw new FormatException($"unknown option '{line}'");
        return option.Parse(options, words.Length > 1 ? words[1].Trim() : "");
    }
}
