using Rm.Tool.Ratios;
using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Ratios;

public sealed class SuiteTests
{
    private static IEnumerable<Row> Rows => Suite.All.SelectMany(static one => one.Rows);

    [Fact]
    public void EveryRowHasANameOfItsOwn() => Assert.Distinct(Rows.Select(static row => row.Case), StringComparer.Ordinal);

    [Fact]
    public void NoNameBreaksTheFile() => Assert.DoesNotContain(Rows, static row => row.Case.AsSpan().ContainsAny('\t', '\n'));

    [Theory]
    [InlineData("RmMalloc+RmRelease 64 B, 1 k others live", 1.35)]
    [InlineData("RmRetain+RmRelease random of 4 k live", 6)]
    [InlineData("RmRetain+RmRelease random of 10 M live", 4)]
    [InlineData("RmRetain+RmRelease random of 1 live, against Dictionary", 0.9)]
    [InlineData("RmRetain+RmRelease random of 1 k live, against SafeHandle", 0.4)]
    [InlineData("RmAttach+RmDetach random foreign pointers, 1 M live", 0.6)]
    [InlineData("table bytes per live pointer at rest, 100 k to 10 M, with sizes: worst", 52)]
    [InlineData("replay of redis-server, malloc-backed", 1.35)]
    [InlineData("slowest single RmAttach while 10 M pointers are attached, ms", 1)]
    [InlineData("RmMalloc+RmRelease 64 B over the arena, 1 other live", 0.6)]
    [InlineData("RmMalloc+RmRelease 64 B over the arena, 1 k others live", 0.6)]
    [InlineData("replace random, 16 to 512 B, counted over the arena, 1 k live", 1.25)]
    [InlineData("replace random, 16 to 512 B, counted over the arena, 4 k live", 1.25)]
    [InlineData("replace random, 16 to 512 B, counted over the arena, 100 k live", 1.2)]
    [InlineData("replace random, 16 to 512 B, counted over the arena, 1 M live", 1.1)]
    [InlineData("replace random, 16 to 512 B, size-class heap alone, 1 k live", 0.6)]
    [InlineData("replace random, 16 to 512 B, size-class heap alone, 4 k live", 0.6)]
    [InlineData("replace random, 16 to 512 B, size-class heap alone, 100 k live", 0.6)]
    [InlineData("replace random, 16 to 512 B, size-class heap alone, 1 M live", 0.6)]
    [InlineData("BlockHeap Alloc+Free 64 B", 0.4)]
    [InlineData("BlockHeap replace random, 64 B, 1 k live", 0.6)]
    [InlineData("BlockHeap replace random, 64 B, 100 k live", 0.6)]
    [InlineData("BlockHeap replace random, 64 B, 1 M live", 0.6)]
    [InlineData("replays over the arena, counted: geometric mean", 0.95)]
    [InlineData("peak RSS over start, replays over the arena, counted: geometric mean", 1.05)]
    [InlineData("peak RSS over start, replays over the arena, uncounted: geometric mean", 0.95)]
    [InlineData("recording a replayed trace", 1.6)]
    [InlineData("bytes of overhead per 64 B element in a full block heap", 2)]
    [InlineData("resident after 1 M x 64 B, all but every 1024th freed, and Trim: block heap", 1.25)]
    [InlineData("resident after 1 M x 64 B, all but every 1024th freed, and Trim: size-class heap", 1.25)]
    [InlineData("resident over start after 1 M x 64 B all freed and Trim, MiB", 1)]
    [InlineData("resident over start after a 200 MB spike on 15 MB and Trim, MiB", 2)]
    [InlineData("slowest single Alloc or Free of 10 M random ones, size-class heap, ms", 1)]
    [InlineData("slowest single Alloc or Free of 10 M random ones, block heap, ms", 1)]
    [InlineData("RmRetain+RmRelease, level Counters (random of 1 k live)", 1.05)]
    [InlineData("RmRetain+RmRelease, level Sites", 2)]
    [InlineData("RmRetain+RmRelease, level Full", 4)]
    [InlineData("RmMalloc+RmRelease 64 B, level Sites", 1.5)]
    [InlineData("RmRetainAs+Dispose", 3)]
    [InlineData("RmWhoHolds, µs (block with 8 holds, 6 retain sites, 4 release sites; 100 k live)", 10)]
    [InlineData("snapshot of 1 M live blocks, ms", 300)]
    [InlineData("Ref+Deref by the owner, random of 1 k membufs, by handle", 0.3)]
    [InlineData("Ref+Deref by the owner, random of 1 k membufs, by checked pointer", 0.6)]
    [InlineData("Ref+Deref by another thread, uncontended, random of 1 k membufs", 1.3)]
    [InlineData("Ref+Deref of one membuf by 2 threads at once", 1.5)]
    [InlineData("Ref+Deref, shared, random of 1 k membufs, against SafeHandle", 0.6)]
    [InlineData("AllocRef+Deref 256 B", 0.7)]
    [InlineData("Alloc+Deref 256 B, by checked pointer", 0.7)]
    [InlineData("membufs of 64 B from a thread that fills them to one that releases them, processor time", 0.95)]
    [InlineData("membufs of 1 KiB from a thread that fills them to one that releases them, processor time", 0.95)]
    [InlineData("membufs of 16 KiB from a thread that fills them to one that releases them, processor time", 0.95)]
    [InlineData("membufs of 64 KiB from a thread that fills them to one that releases them, processor time", 0.95)]
    [InlineData("bytes of overhead per 64 B membuf, 1 M live", 54)]
    public void NamesAndTargetsAreFixed(string name, double target) => Assert.Equal(target, Named(name).Target);

    [Fact]
    public void EveryShippedTraceHasItsRows()
    {
        string[] traces = [.. Directory.GetFiles(Path.Combine(RepositoryFiles.Root, "traces"), "*.rmt.gz").Select(ReplayResult.ShortName)];

        Assert.NotEmpty(traces);
        Assert.All(traces, static trace =>
        {
            Assert.Equal(1.35, Named($"replay of {trace}, malloc-backed").Target);
            Assert.Equal(1.1, Named($"replay of {trace} over the arena, counted").Target);
            Assert.Equal(1.2, Named($"peak RSS over start, replay of {trace} over the arena, counted").Target);
            Assert.Equal(1.1, Named($"peak RSS over start, replay of {trace} over the arena, uncounted").Target);
        });
    }

    private static Row Named(string name) => Assert.Single(Rows, row => string.Equals(row.Case, name, StringComparison.Ordinal));
}
