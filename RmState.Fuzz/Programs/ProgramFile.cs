using System.Globalization;
using System.Text;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Programs;

/// <summary>
/// Programs as text files (<c>*.rmfuzz</c>): a first line with the format's name, options as <c>name value</c>, a line
/// <c>---</c>, then one step a line. Empty lines and lines that begin with <c>;</c> are comments.
/// </summary>
internal static class ProgramFile
{
    private const string FirstLine = "rmfuzz 1";

    public static string Format(FuzzProgram program, string? comment = null)
    {
        ProgramOptions options = program.Options;
        StringBuilder text = new();
        text.Append(FirstLine).Append('\n');
        foreach (string line in (comment ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            text.Append("; ").Append(line).Append('\n');
        }

        text.Append("campaign ").Append(options.Campaign).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"seed 0x{options.Seed:x}\n");
        text.Append(CultureInfo.InvariantCulture, $"capacity {options.Capacity}\n");
        text.Append(CultureInfo.InvariantCulture, $"table-seed 0x{options.TableSeed:x}\n");
        text.Append(CultureInfo.InvariantCulture, $"policy {options.Policy}\n");
        text.Append(CultureInfo.InvariantCulture, $"allocator {options.Allocator}\n");
        text.Append(CultureInfo.InvariantCulture, $"checked-table {options.CheckedTable}\n");
        text.Append(CultureInfo.InvariantCulture, $"keeps-spares {options.KeepsSpares}\n");
        text.Append(CultureInfo.InvariantCulture, $"region {options.Region}\n");
        if (options.Sabotage != Sabotage.None)
        {
            text.Append(CultureInfo.InvariantCulture, $"sabotage {options.Sabotage}\n");
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
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        string value = space < 0 ? "" : line[(space + 1)..].Trim();
        return (space < 0 ? line : line[..space]) switch
        {
            "campaign" => options with { Campaign = value },
            "seed" => options with { Seed = Number(value) },
            "capacity" => options with { Capacity = (int)Number(value) },
            "table-seed" => options with { TableSeed = Number(value) },
            "policy" => options with { Policy = Enum.Parse<RmDisposePolicy>(value) },
            "allocator" => options with { Allocator = Enum.Parse<AllocatorKind>(value) },
            "checked-table" => options with { CheckedTable = bool.Parse(value) },
            "keeps-spares" => options with { KeepsSpares = bool.Parse(value) },
            "region" => options with { Region = (int)Number(value) },
            "sabotage" => options with { Sabotage = Enum.Parse<Sabotage>(value) },
            _ => throw new FormatException($"unknown option '{line}'"),
        };
    }

    private static ulong Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : ulong.Parse(text, CultureInfo.InvariantCulture);
}
