using Rm.Tool.Ratios.Measuring;

namespace Rm.Tests.Tool.Ratios.Measuring;

public sealed class DurationHistogramTests
{
    [Fact]
    public void QuantilesAreExactToTheNanosecond()
    {
        var histogram = new DurationHistogram(1_000);
        for (int nanoseconds = 1; nanoseconds <= 100; nanoseconds++)
        {
            histogram.Record(nanoseconds);
        }

        Assert.Equal(50, histogram.Quantile(0.5));
        Assert.Equal(99, histogram.Quantile(0.99));
        Assert.Equal(100, histogram.Quantile(1));
        Assert.Equal(1, histogram.Quantile(0));
        Assert.Equal(100, histogram.Longest);
    }

    [Fact]
    public void OneInTenThousandIsAboveThePercentile()
    {
        var histogram = new DurationHistogram(1_000);
        for (int times = 0; times < 9_999; times++)
        {
            histogram.Record(40);
        }

        histogram.Record(700);
        Assert.Equal(40, histogram.Quantile(0.9999));

        histogram.Record(700);
        Assert.Equal(700, histogram.Quantile(0.9999));
    }

    [Fact]
    public void WhatIsOverTheLimitCountsAsTheLongest()
    {
        var histogram = new DurationHistogram(1_000);
        histogram.Record(5_000_000_000);
        histogram.Record(10);

        Assert.Equal(5_000_000_000, histogram.Longest);
        Assert.Equal(10, histogram.Quantile(0.5));
        Assert.Equal(5_000_000_000, histogram.Quantile(0.9));
    }
}
