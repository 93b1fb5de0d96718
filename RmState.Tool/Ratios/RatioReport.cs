using System.Globalization;
using System.Text;
using Spectre.Console;

namespace Rm.Tool.Ratios;

/// <summary>The rows as a file for programs and as a table for people.</summary>
internal sealed class RatioReport(IReadOnlyList<Result> results)
{
    /// <summary>The first line of the file.</summary>
    internal const string Header = "case\tours_ns\tpeer\tpeer_ns\tratio\ttarget\tverdict";

    /// <summary>One row as a line of progress.</summary>
    internal static string Line(Result result, TimeSpan time) =>
        $"{WordOf(result.Verdict)} {Number(result.Figure.Ratio),8} of {Number(result.Row.Target),-5} {result.Row.Case} ({time.TotalSeconds:F1} s)";

    /// <summary>The file's lines: tab-separated, numbers with a point, NaN where nothing was measured.</summary>
    internal IEnumerable<string> Lines() => results.Select(static result => string.Join(
        '\t',
        result.Row.Case,
        Number(result.Figure.Ours),
        result.Row.Peer,
        Number(result.Figure.Peer),
        Number(result.Figure.Ratio),
        Number(result.Row.Target),
        WordOf(result.Verdict))).Prepend(Header);

    /// <summary>Writes the file, and the folder if there is none.</summary>
    internal void WriteTo(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, string.Concat(Lines().Select(static line => line + '\n')), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }

    /// <summary>Prints the table.</summary>
    internal void Print(IAnsiConsole console)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("case", "peer", "ours", "peer's", "ratio", "target", "verdict", "note");
        foreach (int numeric in (int[])[2, 3, 4, 5])
        {
            table.Columns[numeric].RightAligned();
        }

        foreach (Result result in results)
        {
            string colour = result.Verdict switch { Verdict.Pass => "green", Verdict.Miss => "yellow", _ => "red" };
            table.AddRow(
                new Text(result.Row.Case),
                new Text(result.Row.Peer),
                new Text(Number(result.Figure.Ours)),
                new Text(Number(result.Figure.Peer)),
                new Text(Number(result.Figure.Ratio)),
                new Text(Number(result.Row.Target)),
                new Markup($"[{colour}]{WordOf(result.Verdict)}[/]"),
                new Text(result.Figure.Note));
        }

        console.Write(table);
    }

    private static string WordOf(Verdict verdict) => verdict.ToString().ToUpperInvariant();

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
