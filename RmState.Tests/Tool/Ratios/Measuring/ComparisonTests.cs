using Rm.Tool.Ratios.Measuring;

namespace Rm.Tests.Tool.Ratios.Measuring;

public sealed class ComparisonTests
{
    [Theory]
    [InlineData(1.0, false)]
    [InlineData(0.9701, false)]
    [InlineData(1.0299, false)]
    [InlineData(0.969, true)]
    [InlineData(1.031, true)]
    [InlineData(double.NaN, true)]
    public void NoisyIsOutsideThreePercent(double againstItself, bool noisy) =>
        Assert.Equal(noisy, new Comparison(1, 1, 1, againstItself).IsNoisy);
}
