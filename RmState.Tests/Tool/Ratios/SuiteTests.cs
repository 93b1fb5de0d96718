using Rm.Tool.Ratios;

namespace Rm.Tests.Tool.Ratios;

public sealed class SuiteTests
{
    private static IEnumerable<Row> Rows => Suite.All.SelectMany(static one => one.Rows);

    [Fact]
    public void EveryRowHasANameOfItsOwn() => Assert.Distinct(Rows.Select(static row => row.Case), StringComparer.Ordinal);

    [Fact]
    public void NoNameBreaksTheFile() => Assert.DoesNotContain(Rows, static row => row.Case.AsSpan().ContainsAny('\t', '\n'));

    [Theory]
    [InlineData("RmMalloc+RmRelease 64 B, 1 k others live", 1.35)]
    [InlineData("RmRetain+RmRelease random of 4 k live", 6)]
    [InlineData("RmRetain+RmRelease random of 10 M live", 4)]
    [InlineData("RmRetain+RmRelease random of 1 live, against Dictionary", 0.9)]
    [InlineData("RmRetain+RmRelease random of 1 k live, against SafeHandle", 0.4)]
    [InlineData("RmAttach+RmDetach random foreign pointers, 1 M live", 0.6)]
    [InlineData("table bytes per live pointer at rest, 100 k to 10 M, with sizes: worst", 52)]
    [InlineData("replay of redis-server, malloc-backed", 1.35)]
    [InlineData("slowest single RmAttach while 10 M pointers are attached, ms", 1)]
    public void NamesAndTargetsAreFixed(string name, double target) =>
        Assert.Equal(target, Assert.Single(Rows, row => string.Equals(row.Case, name, StringComparison.Ordinal)).Target);
}
