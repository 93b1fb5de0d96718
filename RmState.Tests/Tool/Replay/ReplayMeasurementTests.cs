using Rm.Tests.Tool.Traces;
using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Replay;

/// <summary>Replays in processes of their own come back with their reports.</summary>
public sealed class ReplayMeasurementTests : IDisposable
{
    private readonly string _trace = Path.Combine(Path.GetTempPath(), $"rmstate-{Guid.NewGuid():N}.rmt.gz");

    public ReplayMeasurementTests()
    {
        File.WriteAllBytes(_trace, TraceWriter.Gzip(RandomTrace.Make(seed: 1, events: 2000)));
    }

    public void Dispose() => File.Delete(_trace);

    [Fact]
    public void ComparisonHasEveryRoundAndItsMedian()
    {
        int replays = 0;

        IReadOnlyList<SideResult> sides = ReplayMeasurement.Compare(
            _trace, [ReplaySide.StateOverArena, ReplaySide.Arena], rounds: 2, replayed: () => replays++);

        Assert.Equal(6, replays);
        Assert.Equal([ReplaySide.Malloc, ReplaySide.StateOverArena, ReplaySide.Arena], sides.Select(s => s.Side));
        foreach (SideResult side in sides)
        {
            Assert.Empty(side.Failures());
            Assert.Equal((2, 2), (side.Reports.Count, side.Ratios.Count));
            Assert.Equal(side.Reports[1].NanosecondsPerEvent / sides[0].Reports[1].NanosecondsPerEvent, side.Ratios[1]);
            Assert.Equal(side.Ratios.Average(), side.Ratio, precision: 9);
            Assert.True(side.Nanoseconds > 0 && side.PeakRss >= 0 && side.PeakRssRatio > 0);
        }

        Assert.Equal((1.0, 1.0), (sides[0].Ratio, sides[0].PeakRssRatio));
    }

    [Fact]
    public void SideOfWhichOnlyTheMemoryIsAskedIsReplayedOnce()
    {
        IReadOnlyList<SideResult> sides = ReplayMeasurement.Compare(
            _trace, [ReplaySide.StateOverArena, ReplaySide.Arena], rounds: 3, once: [ReplaySide.Arena]);

        Assert.Equal([3, 3, 1], sides.Select(s => s.Reports.Count));
        Assert.Equal(1, Math.Sign(sides[2].PeakRssRatio));
    }

    [Fact]
    public void ComparisonOnThreadsHasTheProcessesTimesAndTheThreadsFigures()
    {
        IReadOnlyList<SideResult> sides = ReplayMeasurement.Compare(_trace, ReplaySides.Shared, rounds: 1, onThreads: true);

        Assert.Equal([ReplaySide.Malloc, .. ReplaySides.Shared], sides.Select(s => s.Side));
        foreach (SideResult side in sides)
        {
            Assert.Empty(side.Failures());
            ReplayReport report = Assert.Single(side.Reports);
            Assert.True(report.NanosecondsPerEvent > 0 && report.WallNanosecondsPerEvent > 0 && side.Ratio > 0);
            Assert.Equal(4, report.OnThreads!.Threads);
            Assert.True(report.OnThreads.PeakLiveBytes > 0);
        }
    }

    [Fact]
    public void SideOfOneThreadIsRefusedOnThreads()
    {
        IReadOnlyList<SideResult> sides = ReplayMeasurement.Compare(_trace, [ReplaySide.Arena], rounds: 1, onThreads: true);

        Assert.StartsWith("the replaying process ended with exit code ", sides[1].Reports[0].Error, StringComparison.Ordinal);
        Assert.Contains("arena is for one thread", sides[1].Reports[0].Error, StringComparison.Ordinal);
    }

    [Fact]
    public void TraceThatCannotBeReadIsAFailureOfEveryReplay()
    {
        string missing = _trace + ".missing";

        IReadOnlyList<SideResult> sides = ReplayMeasurement.Compare(missing, [ReplaySide.StateOverArena], rounds: 1);

        Assert.Equal(
            [
                $"round 1, malloc: the replaying process ended with exit code 2: {missing}: no such file",
                $"round 1, state over arena: the replaying process ended with exit code 2: {missing}: no such file",
            ],
            sides.SelectMany(s => s.Failures()),
            StringComparer.Ordinal);
        Assert.All(sides, s => Assert.True(double.IsNaN(s.Ratio)));
    }

    [Theory]
    [InlineData(134, "{}", "Fatal error.\nat somewhere", "the replaying process ended with exit code 134: Fatal error.")]
    [InlineData(0, "", "", "the replaying process ended with exit code 0: it wrote no report")]
    [InlineData(0, "no JSON", "", "the replaying process ended with exit code 0: it wrote no report")]
    public void ProcessWithoutAReportIsAFailure(int exitCode, string output, string error, string failure) =>
        Assert.Equal(failure, Assert.Single(ReplayProcess.Parse(exitCode, output, error).Failures()));

    [Theory]
    [InlineData(new double[] { }, double.NaN)]
    [InlineData(new[] { double.NaN }, double.NaN)]
    [InlineData(new[] { 2.0, double.NaN, 8.0 }, 4)]
    public void GeometricMeanLeavesOutWhatDoesNotExist(double[] values, double mean) =>
        Assert.Equal(mean, ReplayMeasurement.GeometricMean(values), precision: 9);

    [Theory]
    [InlineData(new double[] { }, double.NaN)]
    [InlineData(new double[] { 3 }, 3)]
    [InlineData(new double[] { 9, 1 }, 5)]
    [InlineData(new double[] { 9, 1, 2 }, 2)]
    [InlineData(new double[] { 4, 3, 2, 1 }, 2.5)]
    public void MedianIsTheMiddle(double[] values, double median) => Assert.Equal(median, ReplayMeasurement.Median(values));
}
