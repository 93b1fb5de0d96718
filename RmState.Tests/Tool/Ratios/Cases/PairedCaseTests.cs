using Rm.Tool.Ratios;
using Rm.Tool.Ratios.Cases;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tests.Tool.Ratios.Cases;

public sealed class PairedCaseTests
{
    [Fact]
    public void ARowIsItsWorstSeed()
    {
        Figure figure = PairedCase.Worst(
        [
            (1, new Comparison(2, 1, 2, 1.01)),
            (2, new Comparison(30, 5, 6, 0.98)),
            (3, new Comparison(50, 10, 5, 1)),
        ]);

        Assert.Equal((30, 5, 6), (figure.Ours, figure.Peer, figure.Ratio));
        Assert.Equal("A/A 0.980, seed 2, best seed 2.000", figure.Note);
    }

    [Fact]
    public void ANoisySeedIsTold()
    {
        Figure figure = PairedCase.Worst([(1, new Comparison(2, 1, 2, 1.2)), (2, new Comparison(3, 1, 3, 1))]);

        Assert.StartsWith("NOISY 1 of 2: A/A 1.200", figure.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void ARowWithoutATableHasNoSeedToTell() =>
        Assert.Equal("A/A 1.010", PairedCase.Worst([(1, new Comparison(2, 1, 2, 1.01))]).Note);
}
