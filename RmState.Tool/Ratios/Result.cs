namespace Rm.Tool.Ratios;

/// <summary>A row with its figure and verdict.</summary>
internal sealed record Result(Row Row, Figure Figure, Verdict Verdict)
{
    /// <summary>Judges a figure.</summary>
    /// <param name="row">The row.</param>
    /// <param name="figure">What was measured for it.</param>
    /// <param name="misses">The cases whose missing of the target is accounted for.</param>
    internal static Result Of(Row row, Figure figure, IReadOnlySet<string> misses) => new(row, figure, Judge(row, figure.Ratio, misses));

    private static Verdict Judge(Row row, double ratio, IReadOnlySet<string> misses)
    {
        if (double.IsNaN(ratio))
        {
            return Verdict.Fail;
        }

        return ratio <= row.Target ? Verdict.Pass : misses.Contains(row.Case) ? Verdict.Miss : Verdict.Fail;
    }
}
