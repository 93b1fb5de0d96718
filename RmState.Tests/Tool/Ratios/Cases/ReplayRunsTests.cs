using Rm.Tool.Ratios;
using Rm.Tool.Ratios.Cases;
using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Ratios.Cases;

public sealed class ReplayRunsTests
{
    private const double MallocTime = 10;
    private const long MallocPeak = 1_000;

    private int _sets;

    [Fact]
    public void OneSetOfRunsServesAllRowsOfATrace()
    {
        var runs = new ReplayRuns(BenchSettings.Quick, (_, sides, rounds) => Set(sides, rounds, static (_, _) => 12));

        _ = runs.TimeOf("a", ReplaySide.StateOverMalloc);
        _ = runs.TimeOf("a", ReplaySide.StateOverArena);
        _ = runs.PeakOf("a", ReplaySide.StateOverArena);
        _ = runs.PeakOf("a", ReplaySide.Arena);
        Assert.Equal(1, _sets);

        _ = runs.PeakOf("b", ReplaySide.Arena);
        Assert.Equal(2, _sets);
    }

    [Fact]
    public void FiguresAreOfTheirSideAgainstMalloc()
    {
        var runs = new ReplayRuns(BenchSettings.Quick, (_, sides, rounds) => Set(sides, rounds, static (side, _) => 10 * (1 + (int)side)));

        Figure time = runs.TimeOf("a", ReplaySide.StateOverArena);
        Figure peak = runs.PeakOf("a", ReplaySide.Arena);

        double expected = 10 * (1 + (int)ReplaySide.StateOverArena);
        Assert.Equal((expected, MallocTime, expected / MallocTime, "A/A 1.000"), (time.Ours, time.Peer, time.Ratio, time.Note));
        Assert.Equal(MallocPeak + (int)ReplaySide.Arena, peak.Ours);
        Assert.Equal(MallocPeak, peak.Peer);
        Assert.Equal(peak.Ours / peak.Peer, peak.Ratio, precision: 9);
    }

    [Fact]
    public void ANoisyRowAsksForAnotherSetAndTheOthersKeepTheirFirst()
    {
        // In the first set the rounds of one side are far apart.
        var runs = new ReplayRuns(
            BenchSettings.Full,
            (_, sides, rounds) => Set(sides, rounds, (side, round) => side == ReplaySide.StateOverMalloc && _sets == 1 ? 10 + (5 * (round % 2)) : 9 + _sets));

        Assert.Equal(10, runs.TimeOf("a", ReplaySide.StateOverArena).Ours);
        Assert.Equal(1, _sets);

        Figure noisy = runs.TimeOf("a", ReplaySide.StateOverMalloc);
        Assert.Equal((11, "A/A 1.000"), (noisy.Ours, noisy.Note));
        Assert.Equal(2, _sets);

        Assert.Equal(10, runs.TimeOf("a", ReplaySide.StateOverArena).Ours);
        Assert.Equal(2, _sets);
    }

    [Fact]
    public void AFailedReplayTakesItsOwnRowsOnly()
    {
        var runs = new ReplayRuns(BenchSettings.Smoke, (_, sides, rounds) => Set(sides, rounds, static (_, _) => 12, failing: ReplaySide.StateOverArena));

        Figure time = runs.TimeOf("a", ReplaySide.StateOverArena);
        Figure peak = runs.PeakOf("a", ReplaySide.StateOverArena);

        Assert.True(double.IsNaN(time.Ratio) && double.IsNaN(peak.Ratio));
        Assert.Equal("round 1, state over arena: it broke", time.Note);
        Assert.Equal("round 1, state over arena: it broke", peak.Note);
        Assert.Equal(1.2, runs.TimeOf("a", ReplaySide.StateOverMalloc).Ratio, precision: 9);
    }

    [Fact]
    public void AFailureOfMallocTakesAllRows()
    {
        var runs = new ReplayRuns(BenchSettings.Smoke, (_, sides, rounds) => Set(sides, rounds, static (_, _) => 12, failing: ReplaySide.Malloc));

        Assert.True(double.IsNaN(runs.TimeOf("a", ReplaySide.StateOverMalloc).Ratio));
        Assert.True(double.IsNaN(runs.PeakOf("a", ReplaySide.Arena).Ratio));
    }

    [Fact]
    public void ATraceThatIsNotThereThrows()
    {
        ReplayRuns runs = ReplayRuns.Over(Path.GetTempPath(), BenchSettings.Smoke);

        Assert.Throws<FileNotFoundException>(() => runs.TimeOf("no such trace", ReplaySide.Arena));
    }

    [Fact]
    public void TheMeanIsGeometricAndTellsTheWorst()
    {
        Figure mean = ReplayMeansCase.Mean([new Figure(4, 2, 2), new Figure(1, 2, 0.5), new Figure(16, 2, 8)]);

        Assert.Equal(4, mean.Ours, precision: 9);
        Assert.Equal(2, mean.Peer, precision: 9);
        Assert.Equal(2, mean.Ratio, precision: 9);
        Assert.Equal("worst 8.000", mean.Note);
    }

    [Fact]
    public void AMeanOfWhatWasNotMeasuredIsMissing()
    {
        Figure mean = ReplayMeansCase.Mean([new Figure(4, 2, 2), Figure.OfMissing("it broke")]);

        Assert.True(double.IsNaN(mean.Ratio));
        Assert.Equal("1 of 2 were not measured", mean.Note);
    }

    private SideResult[] Set(IReadOnlyList<ReplaySide> sides, int rounds, Func<ReplaySide, int, double> time, ReplaySide? failing = null)
    {
        _sets++;
        ReplayReport[] malloc = [.. Reports(ReplaySide.Malloc, rounds, static (_, _) => MallocTime, failing)];
        return
        [
            SideResult.Of(ReplaySide.Malloc, malloc, malloc),
            .. sides.Select(side => SideResult.Of(side, [.. Reports(side, rounds, time, failing)], malloc)),
        ];
    }

    private static IEnumerable<ReplayReport> Reports(ReplaySide side, int rounds, Func<ReplaySide, int, double> time, ReplaySide? failing) =>
        Enumerable.Range(0, rounds).Select(round => new ReplayReport
        {
            NanosecondsPerEvent = time(side, round),
            PeakRssOverStart = MallocPeak + (int)side,
            PlantedErrorSeen = true,
            Error = side == failing ? "it broke" : null,
        });
}
