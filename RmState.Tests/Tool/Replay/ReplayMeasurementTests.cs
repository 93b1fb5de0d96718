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

        ReplayComparison comparison = ReplayMeasurement.Compare(_trace, rounds: 2, () => replays++);

        Assert.Empty(comparison.Failures());
        Assert.Equal(4, replays);
        Assert.Equal((2, 2, 2), (comparison.State.Count, comparison.Malloc.Count, comparison.Ratios.Count));
        Assert.Equal(comparison.State[1].NanosecondsPerEvent / comparison.Malloc[1].NanosecondsPerEvent, comparison.Ratios[1]);
        Assert.Equal(comparison.Ratios.Average(), comparison.Ratio, precision: 9);
        Assert.True(comparison.StateNanoseconds > 0 && comparison.MallocNanoseconds > 0);
    }

    [Fact]
    public void TraceThatCannotBeReadIsAFailureOfEveryReplay()
    {
        string missing = _trace + ".missing";

        ReplayComparison comparison = ReplayMeasurement.Compare(missing, rounds: 1);

        Assert.Equal(
            [
                $"round 1, state: the replaying process ended with exit code 2: {missing}: no such file",
                $"round 1, malloc: the replaying process ended with exit code 2: {missing}: no such file",
            ],
            comparison.Failures(),
            StringComparer.Ordinal);
        Assert.True(double.IsNaN(comparison.Ratio));
    }

    [Theory]
    [InlineData(134, "{}", "Fatal error.\nat somewhere", "the replaying process ended with exit code 134: Fatal error.")]
    [InlineData(0, "", "", "the replaying process ended with exit code 0: it wrote no report")]
    [InlineData(0, "no JSON", "", "the replaying process ended with exit code 0: it wrote no report")]
    public void ProcessWithoutAReportIsAFailure(int exitCode, string output, string error, string failure) =>
        Assert.Equal(failure, Assert.Single(ReplayProcess.Parse(exitCode, output, error).Failures()));

    [Theory]
    [InlineData(new double[] { }, double.NaN)]
    [InlineData(new double[] { 3 }, 3)]
    [InlineData(new double[] { 9, 1 }, 5)]
    [InlineData(new double[] { 9, 1, 2 }, 2)]
    [InlineData(new double[] { 4, 3, 2, 1 }, 2.5)]
    public void MedianIsTheMiddle(double[] values, double median) => Assert.Equal(median, ReplayMeasurement.Median(values));
}
