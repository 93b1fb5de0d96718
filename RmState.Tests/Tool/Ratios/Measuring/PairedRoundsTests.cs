using Rm.Tool.Ratios.Measuring;

namespace Rm.Tests.Tool.Ratios.Measuring;

public sealed class PairedRoundsTests
{
    [Fact]
    public void TheRatioIsTheMedianOfTheRoundsRatiosNotTheRatioOfTheMedians()
    {
        Comparison comparison = PairedRounds.Summarize([1, 2, 9], [1, 1, 3]);

        Assert.Equal(2, comparison.Ours);
        Assert.Equal(1, comparison.Peer);
        Assert.Equal(2, comparison.Ratio);

        comparison = PairedRounds.Summarize([10, 2, 3], [1, 2, 30]);
        Assert.Equal(1, comparison.Ratio);
        Assert.Equal(3, comparison.Ours);
        Assert.Equal(2, comparison.Peer);
    }

    [Fact]
    public void ARoundThatWasInterruptedDoesNotCount()
    {
        double[] ours = [.. Enumerable.Repeat(6.0, 31)];
        double[] peers = [.. Enumerable.Repeat(2.0, 31)];
        ours[7] = 4_000;
        peers[20] = 9_000;

        Comparison comparison = PairedRounds.Summarize(ours, peers);

        Assert.Equal(3, comparison.Ratio);
        Assert.Equal(1, comparison.AgainstItself);
        Assert.False(comparison.IsNoisy);
    }

    [Fact]
    public void ASteadyDriftIsNotNoise()
    {
        double[] drifting = [.. Enumerable.Range(0, 31).Select(static round => 10 + (0.05 * round))];

        Assert.InRange(PairedRounds.Summarize(drifting, drifting).AgainstItself, 0.99, 1.01);
    }

    [Fact]
    public void EveryOtherRoundSlowerIsNoise()
    {
        double[] uneven = [.. Enumerable.Range(0, 31).Select(static round => round % 2 == 0 ? 1.1 : 1.0)];

        Comparison comparison = PairedRounds.Summarize(uneven, uneven);

        Assert.Equal(1.1, comparison.AgainstItself, 1e-9);
        Assert.True(comparison.IsNoisy);
        Assert.Equal(1, comparison.Ratio);
    }

    [Fact]
    public void AQuietMeasurementIsNotRepeatedHoweverBadItsRatio()
    {
        int measured = 0;

        Comparison kept = PairedRounds.LeastNoisy(() => With(ratio: 100, againstItself: 1.02, ref measured), attempts: 5);

        Assert.Equal(1, measured);
        Assert.Equal(100, kept.Ratio);
    }

    [Fact]
    public void ANoisyMeasurementIsRepeatedUntilItIsQuiet()
    {
        int measured = 0;
        double[] againstItself = [1.2, 0.9, 0.98, 1.0];

        Comparison kept = PairedRounds.LeastNoisy(() => With(measured, againstItself[measured], ref measured), attempts: 10);

        Assert.Equal(3, measured);
        Assert.Equal(2, kept.Ratio);
        Assert.False(kept.IsNoisy);
    }

    [Fact]
    public void WhenAllAreNoisyTheLeastNoisyIsKeptNotTheBestRatio()
    {
        int measured = 0;
        double[] againstItself = [double.NaN, 1.2, 0.95, 1.1];

        Comparison kept = PairedRounds.LeastNoisy(() => With(10 - measured, againstItself[measured], ref measured), attempts: 4);

        Assert.Equal(4, measured);
        Assert.Equal(0.95, kept.AgainstItself);
        Assert.Equal(8, kept.Ratio);
        Assert.True(kept.IsNoisy);
    }

    [Fact]
    public void EachSideGetsTheOperationsThatFillARound()
    {
        using var fast = new Spinning(iterations: 40);
        using var slow = new Spinning(iterations: 400);

        Comparison comparison = new PairedRounds(rounds: 31, roundNanoseconds: 200_000).Compare(slow, fast, attempts: 8);

        Assert.InRange(comparison.Ratio, 3, 30);
        Assert.True(fast.Operations > 2 * slow.Operations, $"{fast.Operations} and {slow.Operations}");
    }

    [Fact]
    public void InterruptedRoundsHaveToDoOnceTheSparesAreUsedUp()
    {
        long time = 0;
        using var side = new Spinning(iterations: 1);
        var timing = new RoundTiming(() => time += 1_000, static () => 0, Threads: 1, Spares: 2);

        // No round has any processor time: each is made again as often as may be.
        _ = new PairedRounds(rounds: 5, roundNanoseconds: 1_000, timing).Compare(side, side, attempts: 1);

        Assert.Equal((2 * 3) + (2 * 3 * 5), side.Runs);
    }

    [Fact]
    public void RoundsAreTimedByTheClockTheyAreGiven()
    {
        long time = 0;
        using var side = new Spinning(iterations: 1);
        var timing = new RoundTiming(() => time += 500, static () => 0, Threads: 0, Spares: 0);

        Comparison comparison = new PairedRounds(rounds: 3, roundNanoseconds: 500, timing).Compare(side, side, attempts: 1);

        // A first trial of 64 operations fills the round.
        Assert.Equal(500.0 / 64, comparison.Ours);
    }

    private static Comparison With(double ratio, double againstItself, ref int measured)
    {
        measured++;
        return new Comparison(ratio, 1, ratio, againstItself);
    }

    private sealed class Spinning(int iterations) : IContender
    {
        internal long Operations { get; private set; }

        internal int Runs { get; private set; }

        public void Run(int operations)
        {
            Runs++;
            Operations += operations;
            for (int operation = 0; operation < operations; operation++)
            {
                Thread.SpinWait(iterations);
            }
        }

        public void Dispose()
        {
        }
    }
}
