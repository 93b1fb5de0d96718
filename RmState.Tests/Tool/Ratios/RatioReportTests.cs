using Rm.Tool.Ratios;

namespace Rm.Tests.Tool.Ratios;

public sealed class RatioReportTests
{
    private static readonly HashSet<string> NoMisses = new(StringComparer.Ordinal);

    [Fact]
    public void LinesAreTabSeparatedInTheOrderOfTheHeader()
    {
        var report = new RatioReport(
        [
            Result.Of(new Row("a, 1 k", "malloc", 1.35), new Figure(12.3456, 10, 1.23456, "a note"), NoMisses),
            Result.Of(new Row("b", "absolute", 34), Figure.OfAbsolute(35.5), NoMisses),
            Result.Of(new Row("c", "malloc", 2), Figure.OfMissing("it threw"), NoMisses),
        ]);

        Assert.Equal(
            "case\tours_ns\tpeer\tpeer_ns\tratio\ttarget\tverdict\n"
            + "a, 1 k\t12.346\tmalloc\t10\t1.235\t1.35\tPASS\n"
            + "b\t35.5\tabsolute\t1\t35.5\t34\tFAIL\n"
            + "c\tNaN\tmalloc\tNaN\tNaN\t2\tFAIL",
            string.Join('\n', report.Lines()));
    }
}
