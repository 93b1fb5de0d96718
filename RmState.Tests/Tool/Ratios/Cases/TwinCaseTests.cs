using Rm.Tool.Ratios;
using Rm.Tool.Ratios.Cases;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tests.Tool.Ratios.Cases;

public sealed class TwinCaseTests
{
    [Fact]
    public void ARowIsItsSeedInTheMiddle()
    {
        Figure figure = TwinCase.Median([new Comparison(30, 5, 6, 0.98), new Comparison(2, 2, 1, 1.01), new Comparison(6, 3, 2, 1)]);

        Assert.Equal((6, 3, 2), (figure.Ours, figure.Peer, figure.Ratio));
        Assert.Equal("A/A 0.980, seeds 1.000 to 6.000", figure.Note);
    }

    [Fact]
    public void OfTwoInTheMiddleItIsTheHigher() =>
        Assert.Equal(3, TwinCase.Median([.. ((double[])[4, 1, 3, 2]).Select(static ratio => new Comparison(ratio, 1, ratio, 1))]).Ratio);

    [Fact]
    public void ANoisySeedIsTold() =>
        Assert.Equal("NOISY 1 of 1: A/A 1.200", TwinCase.Median([new Comparison(2, 1, 2, 1.2)]).Note);
}
