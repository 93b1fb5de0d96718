using System.Diagnostics;
using Rm.Tool.Ratios.Cases;
using Spectre.Console;

namespace Rm.Tool.Ratios;

/// <summary>Measures the chosen rows, one after another, and reports them.</summary>
internal sealed class BenchRun(BenchSettings settings, IAnsiConsole console, string root)
{
    /// <summary>Measures.</summary>
    /// <param name="cases">The cases to choose from.</param>
    /// <param name="only">Part of the name of the rows wanted, in any case of letters; null for all.</param>
    /// <returns>The exit code: 0, or 1 if a row failed, or 2 if no row has such a name.</returns>
    internal int Execute(IReadOnlyList<BenchCase> cases, string? only)
    {
        List<BenchCase> chosen = [.. cases.Where(one => one.Rows.Any(row => IsWanted(row, only)))];
        if (chosen.Count == 0)
        {
            console.MarkupLineInterpolated($"[red]no row's name contains '{only}'[/]");
            return 2;
        }

        long start = Stopwatch.GetTimestamp();
        List<Result> results = Measure(chosen, only);
        RatioReport report = new(results);
        string file = Path.Combine(root, "artifacts", "bench", settings.IsSmoke ? "smoke.tsv" : "ratios.tsv");
        report.WriteTo(file);
        report.Print(console);
        console.WriteLine($"{results.Count} rows in {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s: {file}");
        if (settings.IsSmoke)
        {
            console.WriteLine("a smoke run: the sizes are tiny, the figures mean nothing, and no row fails it");
        }

        return !settings.IsSmoke && results.Exists(static result => result.Verdict == Verdict.Fail) ? 1 : 0;
    }

    private static bool IsWanted(Row row, string? only) => only is null || row.Case.Contains(only, StringComparison.OrdinalIgnoreCase);

    private List<Result> Measure(List<BenchCase> chosen, string? only)
    {
        HashSet<string> misses = KnownMisses.Read(Path.Combine(root, "docs", "performance.md"));
        var results = new List<Result>();
        using var context = new BenchContext(settings, root);
        foreach (BenchCase one in chosen)
        {
            long start = Stopwatch.GetTimestamp();
            IEnumerable<Result> measured = one.Rows.Zip(FiguresOf(one, context), (row, figure) => Result.Of(row, figure, misses));
            foreach (Result result in measured.Where(result => IsWanted(result.Row, only)))
            {
                results.Add(result);
                console.WriteLine(RatioReport.Line(result, Stopwatch.GetElapsedTime(start)));
            }
        }

        MeasureFailuresAgain(chosen, results, misses);
        return results;
    }

    /// <summary>
    /// Measures the rows again that failed, each once: the second figure counts, whichever it is. A host that is busy for a second fails a row or two of a
    /// hundred; the same two again it does not.
    /// </summary>
    private void MeasureFailuresAgain(List<BenchCase> chosen, List<Result> results, HashSet<string> misses)
    {
        foreach (BenchCase one in settings.IsSmoke ? [] : chosen.Where(static one => one.MeasuresItself))
        {
            if (!results.Exists(result => HasFailed(result) && one.Rows.Contains(result.Row)))
            {
                continue;
            }

            long start = Stopwatch.GetTimestamp();

            // Of its own: the other one has the replays that were made.
            using var context = new BenchContext(settings, root);
            foreach ((Row row, Figure figure) in one.Rows.Zip(FiguresOf(one, context)))
            {
                int index = results.FindIndex(result => result.Row == row && HasFailed(result));
                if (index >= 0)
                {
                    string first = FormattableString.Invariant($"{results[index].Figure.Ratio:F3} at first");
                    results[index] = Result.Of(row, figure with { Note = figure.Note.Length == 0 ? first : $"{first}, {figure.Note}" }, misses);
                    console.WriteLine($"again: {RatioReport.Line(results[index], Stopwatch.GetElapsedTime(start))}");
                }
            }
        }
    }

    // A row that could not be measured has a cause that a second time does not end.
    private static bool HasFailed(Result result) => result.Verdict == Verdict.Fail && !double.IsNaN(result.Figure.Ratio);

    /// <summary>A case that throws gives missing rows, which fail; the others are measured all the same.</summary>
    private static IReadOnlyList<Figure> FiguresOf(BenchCase one, BenchContext context)
    {
        try
        {
            return one.Measure(context);
        }
        catch (Exception exception)
        {
            return [.. one.Rows.Select(_ => Figure.OfMissing($"{exception.GetType().Name}: {exception.Message}"))];
        }
    }
}
