using Rm.Tool.Commands;
using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Replay;

/// <summary>A sampled replay tells what lived when, and describes the heap where it was asked to.</summary>
public sealed class ReplaySamplerTests
{
    // 100 bytes, 5100, 5000, 20,000 live, one after another; the peak is after the fourth event.
    private static readonly ReplayScript Growing = Scripts.Written(w =>
    {
        int first = w.Malloc(100);
        int second = w.Malloc(5000);
        w.Free(first);
        w.Realloc(second, 20_000);
        w.Free(w.Malloc(0));
    });

    [Fact]
    public void SamplesAreEvenlySpacedAndKnowWhatLives()
    {
        ReplayReport report = Replay(ReplaySide.Arena, samples: 3);

        Assert.Empty(report.Failures());
        Assert.Equal([(0, 0), (2, 5100), (4, 20_000), (6, 20_000)], report.Samples!.Select(s => (s.Event, (int)s.LiveBytes)));
        Assert.All(report.Samples!, s => Assert.True(s.ResidentBytes >= 0 && s.CommittedBytes >= s.LiveBytes, $"{s}"));
        Assert.Null(report.Snapshot);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(4, 4)]
    [InlineData(6, 7)]
    [InlineData(1000, 7)]
    public void ThereAreNoMoreSamplesThanAskedForBesideTheFirst(int samples, int taken) =>
        Assert.Equal(taken, Replay(ReplaySide.StateOverArena, samples).Samples!.Count);

    [Fact]
    public void MallocDoesNotTellWhatItCommitted()
    {
        ReplayReport report = Replay(ReplaySide.StateOverMalloc, samples: 2, snapshotAt: 4);

        Assert.Empty(report.Failures());
        Assert.All(report.Samples!, s => Assert.Null(s.CommittedBytes));
        Assert.Null(report.Snapshot);
    }

    [Fact]
    public void WarmUpLeavesOnlyTheLastReplaysSamples()
    {
        var sampler = new ReplaySampler(Growing, samples: 6);

        ReplayReport report = ReplaySession.Run<ArenaHeap>(Growing, sampler.Run, warmUp: true);

        Assert.Equal([0, 1, 2, 3, 4, 5, 6], sampler.Samples(report.StartRss).Select(s => s.Event));
    }

    [Fact]
    public void PeakIsTheFirstMomentOfTheMostBytes() => Assert.Equal(4, Growing.Statistics.PeakLiveEvent);

    [Theory]
    [InlineData(nameof(ReplaySide.Arena))]
    [InlineData(nameof(ReplaySide.StateOverArena))]
    public void SnapshotSaysWhatTheTraceUses(string side)
    {
        ReplayReport report = Replay(Enum.Parse<ReplaySide>(side), snapshotAt: 2);

        Assert.Empty(report.Failures());
        HeapSnapshot snapshot = report.Snapshot!;
        Assert.Equal((2, 5100L), (snapshot.Event, snapshot.AskedBytes));

        // The third block is the replay's own, of 8193 bytes.
        Assert.Equal(3, snapshot.LiveBlocks);
        Assert.True(snapshot.CommittedBytes >= snapshot.SpareBytes + snapshot.LiveBytes && snapshot.LiveBytes >= snapshot.AskedBytes + 8193);
        Assert.Equal(snapshot.CommittedBytes, snapshot.Ranges.Sum(r => r.CommittedBytes));
        Assert.Equal([100L, 5000L], snapshot.Ranges.Select(r => r.AskedBytes).Where(b => b != 0).Order());
        foreach (HeapRange range in snapshot.Ranges)
        {
            Assert.Equal(range.Bytes / HeapSnapshot.PageBytes, range.Pages.Length);
            Assert.Equal(range.ElementSize == 0, range.Elements == 0);
        }
    }

    [Fact]
    public void PagesAreSharedOutByTheBytesOnThem()
    {
        HeapSnapshot snapshot = Replay(ReplaySide.Arena, snapshotAt: 4).Snapshot!;

        HeapRange range = Assert.Single(snapshot.Ranges, r => r.AskedBytes == 20_000);
        Assert.Equal([226, 255, 255, 255, 255], range.Pages.Where(p => p != 0).Order().Select(p => (int)p));
    }

    [Theory]
    [InlineData(nameof(ReplaySide.Malloc))]
    [InlineData(nameof(ReplaySide.Arena))]
    [InlineData(nameof(ReplaySide.StateOverMalloc))]
    [InlineData(nameof(ReplaySide.StateOverArena))]
    [InlineData(nameof(ReplaySide.HoldersOverMalloc))]
    [InlineData(nameof(ReplaySide.HoldersOverArena))]
    public void EverySidePassesAndSeesThePlantedError(string name)
    {
        ReplaySide side = Enum.Parse<ReplaySide>(name);
        ReplayReport report = Replay(side);

        Assert.Empty(report.Failures());
        Assert.Equal((true, 1L), (report.PlantedErrorSeen, report.LiveAtEnd));
        Assert.Equal(side is ReplaySide.HoldersOverMalloc or ReplaySide.HoldersOverArena, report.Retains > 0);
    }

    private static ReplayReport Replay(ReplaySide side, int samples = 0, int snapshotAt = ReplayRequest.NoSnapshot) =>
        ChildCommand.Replay(Growing, new ReplayRequest { Path = "", Side = side, Holders = 3, Seed = 1, Samples = samples, SnapshotAt = snapshotAt });
}
