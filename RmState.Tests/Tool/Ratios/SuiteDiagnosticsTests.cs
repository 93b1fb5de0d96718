using Rm.Tool.Ratios;
using Rm.Tool.Ratios.Cases;

namespace Rm.Tests.Tool.Ratios;

public sealed class SuiteDiagnosticsTests
{
    [Theory]
    [InlineData("RmRetain+RmRelease, level Counters (random of 1 k live)")]
    [InlineData("RmRetain+RmRelease, level Sites")]
    [InlineData("RmRetain+RmRelease, level Full")]
    [InlineData("RmMalloc+RmRelease 64 B, level Sites")]
    [InlineData("RmRetainAs+Dispose")]
    [InlineData("RmWhoHolds, µs (block with 8 holds, 6 retain sites, 4 release sites; 100 k live)")]
    public void EveryRowCanBeMeasured(string name)
    {
        BenchCase one = Assert.Single(Suite.All, one => one.Rows.Any(row => string.Equals(row.Case, name, StringComparison.Ordinal)));
        using var context = new BenchContext(BenchSettings.Smoke, RepositoryFiles.Root);

        Figure figure = Assert.Single(one.Measure(context));

        Assert.True(figure.Ratio > 0 && double.IsFinite(figure.Ratio), figure.ToString());
    }
}
