using Rm.Tool.Ratios;

namespace Rm.Tests.Tool.Ratios;

public sealed class ResultTests
{
    private static readonly HashSet<string> Misses = new(StringComparer.Ordinal) { "known" };

    [Theory]
    [InlineData("other", 1.35, "PASS")]
    [InlineData("other", 1.3501, "FAIL")]
    [InlineData("known", 1.3501, "MISS")]
    [InlineData("known", 1.2, "PASS")]
    [InlineData("other", double.NaN, "FAIL")]
    [InlineData("known", double.NaN, "FAIL")]
    [InlineData("known", double.PositiveInfinity, "MISS")]
    public void TheVerdictGoesByTargetAndKnownMisses(string name, double ratio, string verdict)
    {
        Result result = Result.Of(new Row(name, "peer", 1.35), new Figure(ratio, 1, ratio), Misses);

        Assert.Equal(verdict, result.Verdict.ToString(), ignoreCase: true);
    }
}
