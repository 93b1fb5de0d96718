namespace Rm.Tool.Ratios.Cases;

/// <summary>A measurement that gives one or more rows.</summary>
internal abstract class BenchCase(params Row[] rows)
{
    /// <summary>The rows, in the order of their figures.</summary>
    internal IReadOnlyList<Row> Rows { get; } = rows;

    /// <summary>Whether the case measures by itself, and so can again; a mean of other cases' figures cannot.</summary>
    internal virtual bool MeasuresItself => true;

    /// <summary>Measures all rows.</summary>
    internal abstract IReadOnlyList<Figure> Measure(BenchContext context);
}
