using Rm.Tests.Tool.Replay;
using Rm.Tool;
using Rm.Tool.Commands;
using Rm.Tool.Replay;
using Rm.Tool.Replay.Threads;
using Spectre.Console;

namespace Rm.Tests.Tool.Commands;

/// <summary>The table shows what failed, and the exit code says that something did.</summary>
public sealed class ReplayTableTests
{
    private static readonly ReplayReport Good = new() { NanosecondsPerEvent = 30, PlantedErrorSeen = true, LiveAtEnd = 1, Checks = 5, PeakRssOverStart = 2 << 20 };

    [Fact]
    public void PassingTraceShowsItsMedians()
    {
        ReplayDocument document = Document(
            Good, Good with { NanosecondsPerEvent = 20, PeakRssOverStart = 1 << 20 }, arena: Good with { NanosecondsPerEvent = 10, PeakRssOverStart = 3 << 20 });
        string text = Show(document);

        Assert.Equal(ExitCode.Success, document.ExitCode);
        string row = Assert.Single(text.Split('\n'), l => l.Contains("some-trace ", StringComparison.Ordinal));
        Assert.Equal(
            ["some-trace", "1", "20.0", "30.0", "1.50", "10.0", "0.50", "0.0", "1.0", "2.0", "2.00", "3.0", "3.00", "1", "15", "0"],
            row.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("through malloc, state over malloc and state over arena: ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("FAIL", text, StringComparison.Ordinal);
    }

    [Fact]
    public void LastRowHasTheGeometricMeansOfTheRatios()
    {
        ReplayDocument first = Document(Good, Good with { NanosecondsPerEvent = 20, PeakRssOverStart = 1 << 20 }, arena: Good);
        ReplayDocument second = Document(Good, Good with { NanosecondsPerEvent = 120, PeakRssOverStart = 4 << 20 }, arena: Good with { NanosecondsPerEvent = 480 });
        string text = Show(first with { Traces = [.. first.Traces, .. second.Traces] });

        string row = Assert.Single(text.Split('\n'), l => l.Contains("geometric mean", StringComparison.Ordinal));
        Assert.Equal(["geometric", "mean", "0.61", "2.45", "1.00", "1.00"], row.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void WithNothingBesideMallocOnlyMallocIsShown()
    {
        ReplayDocument document = Document(Good, Good);
        document = document with { Traces = [document.Traces[0] with { Sides = [document.Traces[0].Sides[0]] }] };

        string text = Show(document);

        Assert.DoesNotContain("ratio ", text, StringComparison.Ordinal);
        Assert.Contains("in turn through malloc: every block", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ReplayOnThreadsShowsWallTimeWaitingAndWhatLived()
    {
        ReplayReport malloc = Good with { NanosecondsPerEvent = 40, WallNanosecondsPerEvent = 70, OnThreads = Figures(waiting: 10, peak: 5 << 20) };
        ReplayReport arena = Good with { NanosecondsPerEvent = 60, WallNanosecondsPerEvent = 80, OnThreads = Figures(waiting: 0, peak: 6 << 20) };
        ReplayDocument document = Document(malloc, malloc);
        document = document with
        {
            OnThreads = true,
            Traces =
            [
                document.Traces[0] with
                {
                    Sides = [SideResult.Of(ReplaySide.Malloc, [malloc], [malloc]), SideResult.Of(ReplaySide.LockedArena, [arena], [malloc])],
                },
            ],
        };

        string text = Show(document);

        string row = Assert.Single(text.Split('\n'), l => l.Contains("some-trace ", StringComparison.Ordinal));
        Assert.Equal(
            ["some-trace", "1", "1", "40.0", "60.0", "1.50", "25", "70.0", "80.0", "0.0", "6.0", "2.0", "2.0", "1.00", "1", "10", "0"],
            row.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        string means = Assert.Single(text.Split('\n'), l => l.Contains("geometric mean", StringComparison.Ordinal));
        Assert.Equal(["geometric", "mean", "1.50", "1.00"], means.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(row.IndexOf("1.50", StringComparison.Ordinal), means.IndexOf("1.50", StringComparison.Ordinal));
        Assert.Equal(row.IndexOf("1.00", StringComparison.Ordinal), means.IndexOf("1.00", StringComparison.Ordinal));
        Assert.Contains("processor time of the process", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ReplayOnThreadsThatFailedShowsNoTimes()
    {
        var failed = new ReplayReport { Error = "event 3: no" };
        ReplayDocument document = Document(failed, failed) with { OnThreads = true };

        Assert.Contains("FAIL some-trace: round 1, malloc: event 3: no", Show(document), StringComparison.Ordinal);
    }

    [Fact]
    public void ViolationFailsTheRun() =>
        AssertFails(Good with { Violations = 1, Messages = ["a byte"] }, "FAIL some-trace: round 1, state over malloc: a byte");

    [Fact]
    public void UnseenPlantedErrorFailsTheRun() =>
        AssertFails(Good with { PlantedErrorSeen = false }, "FAIL some-trace: round 1, state over malloc: the byte overwritten in the spare block was not reported");

    [Fact]
    public void ErrorFailsTheRun() =>
        AssertFails(new ReplayReport { Error = "event 3: no" }, "FAIL some-trace: round 1, state over malloc: event 3: no");

    [Fact]
    public void WrongNumberOfLiveBlocksIsShown() =>
        AssertFails(Good with { LiveAtEnd = 2, Violations = 1, Messages = ["live"] }, "2 of 1");

    [Fact]
    public void FailureWithHoldersFailsTheRun()
    {
        ReplayDocument document = Document(Good, Good, new ReplayReport { Error = "event 9: no" });

        Assert.Equal(ExitCode.Failed, document.ExitCode);
        Assert.Contains("FAIL some-trace: state over malloc, with holders: event 9: no", Show(document), StringComparison.Ordinal);
    }

    private static ThreadFigures Figures(double waiting, long peak) =>
        new() { Threads = 1, Waits = 2, HoldUps = 3, WaitingNanosecondsPerEvent = waiting, PeakLiveBytes = peak };

    private static void AssertFails(ReplayReport state, string message)
    {
        ReplayDocument document = Document(state, Good);
        string text = Show(document);

        Assert.Equal((ExitCode.Failed, false), (document.ExitCode, document.Passed));
        Assert.Contains(message, text, StringComparison.Ordinal);
        Assert.Contains("1 of 1 traces failed", text, StringComparison.Ordinal);
    }

    private static ReplayDocument Document(ReplayReport state, ReplayReport malloc, ReplayReport? held = null, ReplayReport? arena = null) => new()
    {
        Rounds = 1,
        Traces =
        [
            new ReplayResult
            {
                Path = "folder/some-trace.rmt.gz",
                Trace = Scripts.Written(w => w.Malloc(1)).Statistics,
                Sides =
                [
                    SideResult.Of(ReplaySide.Malloc, [malloc], [malloc]),
                    SideResult.Of(ReplaySide.StateOverMalloc, [state], [malloc]) with { Held = held },
                    .. arena is null ? (SideResult[])[] : [SideResult.Of(ReplaySide.StateOverArena, [arena], [malloc])],
                ],
            },
        ],
    };

    private static string Show(ReplayDocument document)
    {
        using var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 200;
        ReplayTable.Write(console, document);
        return text.ToString();
    }
}
