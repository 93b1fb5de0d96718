using System.Diagnostics;
using Rm.Diagnostics;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Tool.Replay;
using Xunit.Abstractions;

namespace Rm.Tests.Diagnostics;

/// <summary>A snapshot has what lives, at every level, and keeps it.</summary>
public sealed class SnapshotTests(ITestOutputHelper output) : LeakChecked
{
    private static readonly nint BeyondSlots = unchecked((nint)0x0123_4567_89AB_CDE0);

    [Theory]
    [InlineData(RmDiagnosticsLevel.Counters)]
    [InlineData(RmDiagnosticsLevel.Sites)]
    [InlineData(RmDiagnosticsLevel.Full)]
    public void BlocksAreThoseOfTheEnumeration(RmDiagnosticsLevel level)
    {
        RmState state = NewState(new RmStateOptions { Name = "work", Level = level });
        var work = new RandomWork(state, seed: 11);
        work.Run(3000);
        state.RmAttach(BeyondSlots, Fakes.Leave, 7);

        RmSnapshot snapshot = state.Snapshot();

        Assert.Equal(Comparable(state.RmBlocks), Comparable(snapshot.Blocks));
        Assert.Equal(state.Statistics, snapshot.Statistics);
        Assert.Equal(("work", level, state.Statistics.LiveBlocks, state.Statistics.LiveBytes), (snapshot.StateName, snapshot.Level, snapshot.LiveBlocks, snapshot.LiveBytes));
        Assert.Equal(level != RmDiagnosticsLevel.Counters, snapshot.Blocks.Any(block => block.Site.IsKnown));
        Assert.True(snapshot.Blocks.All(block => block.Born <= snapshot.Operation));
        state.RmRelease(BeyondSlots);
        work.ReleaseAll();
    }

    [Theory]
    [InlineData(RmDiagnosticsLevel.Counters)]
    [InlineData(RmDiagnosticsLevel.Sites)]
    public void BlocksCountedByAHeapAreThere(RmDiagnosticsLevel level)
    {
        RmState state = NewState(new RmStateOptions { Allocator = NewArena().CreateHeap() });
        nint early = state.RmMalloc(100);
        state.Level = level;
        nint late = state.RmMalloc(200);
        state.RmRetain(late);

        RmSnapshot snapshot = state.Snapshot();

        Assert.Equal(Comparable(state.RmBlocks), Comparable(snapshot.Blocks));
        Assert.Equal([(early, 1L), (late, 2L)], snapshot.Blocks.Select(block => (block.Address, block.Count)).OrderBy(block => block.Item2));
        state.RmRelease(early);
        state.RmRelease(late);
        state.RmRelease(late);
    }

    [Fact]
    public void BlocksOfATableThatGrowsAreThereOnce()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1 });
        for (int live = 1; live <= 2000; live++)
        {
            state.RmAttach(Fakes.Address(live), Fakes.Leave);
            if (live % 37 == 0)
            {
                Assert.Equal(live, state.Snapshot().Blocks.Select(block => block.Address).Distinct().Count());
            }
        }

        state.Reset();
    }

    [Fact]
    public void ItStaysAsItWas()
    {
        RmState state = NewState(new RmStateOptions { Level = RmDiagnosticsLevel.Sites });
        nint block = state.RmMalloc(100, "A.cs", 1);
        RmSnapshot snapshot = state.Snapshot();
        string text = snapshot.ToString();
        state.RmRelease(block);
        state.Dispose();

        Assert.Equal(text, snapshot.ToString());
        Assert.Equal((block, new RmSite("A.cs", 1)), (snapshot.Blocks[0].Address, snapshot.Blocks[0].Site));
        Assert.Throws<ObjectDisposedException>(() => state.Snapshot());
    }

    [Fact]
    public void GroupsAddUp()
    {
        RmState state = NewState(new RmStateOptions { Level = RmDiagnosticsLevel.Sites });
        nuint[] sizes = [0, 1, 2, 3, 64, 65, 1024, 1025, 1 << 20];
        nint[] blocks = [.. sizes.Select((size, i) => state.RmMalloc(size, i < 6 ? "Small.cs" : "Large.cs", 5))];
        state.RmAttach(Fakes.Address(1), Fakes.Leave, null, "Small.cs", 5);
        state.Level = RmDiagnosticsLevel.Counters;
        nint unseen = state.RmMalloc(10);

        RmSnapshot snapshot = state.Snapshot();

        Assert.Equal(
            [("Large.cs:5", 3, 1024 + 1025 + (1 << 20)), ("Small.cs:5", 7, 1 + 2 + 3 + 64 + 65), ("unknown site", 1, 10)],
            snapshot.BySite.Select(group => (group.Key, group.Count, group.Bytes)));
        Assert.Equal([new("Large.cs", 5), new RmSite("Small.cs", 5), default], snapshot.BySite.Select(group => group.Site!.Value));
        Assert.Equal(
            [
                ("0 B", 1), ("up to 1 B", 1), ("up to 2 B", 1), ("up to 4 B", 1), ("up to 16 B", 1), ("up to 64 B", 1),
                ("up to 128 B", 1), ("up to 1 KiB", 1), ("up to 2 KiB", 1), ("up to 1 MiB", 1), ("unknown size", 1),
            ],
            snapshot.BySize.Select(group => (group.Key, group.Count)));
        Assert.Equal(snapshot.LiveBlocks, snapshot.ByAge.Sum(group => group.Count));
        Assert.Equal(("unknown age", 1L, (TimeSpan?)null), (snapshot.ByAge[^1].Key, snapshot.ByAge[^1].Count, snapshot.ByAge[^1].Oldest));
        Assert.All(snapshot.BySize, group => Assert.Null(group.Site));
        state.RmRelease(unseen);
        Array.ForEach(blocks, block => state.RmRelease(block));
        state.RmRelease(Fakes.Address(1));
    }

    [Theory]
    [InlineData(0, "under 10 ms")]
    [InlineData(9, "under 10 ms")]
    [InlineData(10, "10 ms to 100 ms")]
    [InlineData(999, "100 ms to 1 s")]
    [InlineData(1000, "1 s to 10 s")]
    [InlineData(99_999, "10 s to 100 s")]
    [InlineData(4_294_967_294, "1000000 s to 10000000 s")]
    public void AgesAreGroupedByDecades(long milliseconds, string expected)
    {
        RmSnapshot snapshot = RmSnapshot.FromJson(SnapshotJsonTests.Text($$"""{"address":"0x10","count":1,"born":1,"ageMs":{{milliseconds}}}"""));

        Assert.Equal((expected, TimeSpan.FromMilliseconds(milliseconds)), (snapshot.ByAge[0].Key, snapshot.ByAge[0].Oldest));
    }

    [Fact]
    public void TextIsAlignedAndCutOff()
    {
        RmState state = NewState(new RmStateOptions { Name = "decoder", Level = RmDiagnosticsLevel.Sites });
        nint[] blocks = [.. Enumerable.Range(1, 5).Select(i => state.RmMalloc((nuint)i * 1000, "Decoder.cs", i * 50))];

        string[] lines = state.Snapshot().ToString(3).Split('\n');

        Assert.StartsWith("state 'decoder' at 2", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(", level Sites, operation 5: 5 blocks live, 15000 bytes of known size", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("site            blocks  bytes  oldest", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("Decoder.cs:250       1   5000  ", lines[3], StringComparison.Ordinal);
        Assert.Equal(lines[2].Length, lines[3].Length);
        Assert.Equal("and 2 more sites", lines[6]);
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Snapshot().ToString(-1));
        Array.ForEach(blocks, block => state.RmRelease(block));
        Assert.DoesNotContain('\n', state.Snapshot().ToString());
    }

    [Theory]
    [InlineData(RmDiagnosticsLevel.Counters)]
    [InlineData(RmDiagnosticsLevel.Sites)]
    public void AMillionBlocksTakeLittleTimeAndMemory(RmDiagnosticsLevel level)
    {
        const int blocks = 1_000_000;
        const int enough = 300;
        const int tries = 20;
        RmState state = NewState(new RmStateOptions { Level = level, DisposePolicy = RmDisposePolicy.Abandon });
        for (int i = 0; i < blocks; i++)
        {
            state.RmAttach(Fakes.Address(i, 64), Fakes.Leave, 64, "Frames.cs", 1 + (i % 100));
        }

        _ = state.Snapshot();
        double best = double.MaxValue;
        long allocated = long.MaxValue;
        for (int round = 0; round < tries && best > enough; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            TimeSpan ran = ThreadClock.Now;
            RmSnapshot snapshot = state.Snapshot();
            double milliseconds = (ThreadClock.Now - ran).TotalMilliseconds;
            best = Math.Min(best, milliseconds);
            output.WriteLine($"{level}: {milliseconds:F1} ms of this thread, {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F1} in all");
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal((blocks, level == RmDiagnosticsLevel.Counters ? 1 : 100), (snapshot.Blocks.Count, snapshot.BySite.Count));
        }

        state.Reset();
        Assert.True(allocated < 50L * blocks, $"{allocated} bytes");
        Assert.True(best <= enough, $"{best:F0} ms");
    }

    private static IEnumerable<(nint Address, long Count, nuint? Size, RmSite Site, long Born)> Comparable(IEnumerable<RmBlock> blocks) =>
        blocks.Select(block => (block.Address, block.Count, block.Size, block.Site, block.Born)).Order(Comparer<(nint Address, long, nuint?, RmSite, long)>.Create(
            (a, b) => a.Address.CompareTo(b.Address)));
}
