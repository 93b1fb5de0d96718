using Xunit.Abstractions;

namespace Rm.Tests.Membufs.Histories;

/// <summary>The explorer and the judge of counts pass a right protocol, and find each mistake planted in it.</summary>
public sealed unsafe class ToyCountTests(ITestOutputHelper output)
{
    [Fact]
    public void CountsRight()
    {
        Exploration exploration = Explore(ToyBug.None, MemoryFlaws.None);
        output.WriteLine(exploration.ToString());
        Assert.Null(exploration.Failure);
    }

    [Theory]
    [InlineData(ToyBug.EndsAlone, "drop ends block 0, which has 2 references")]
    [InlineData(ToyBug.LooksFirst, "nobody holds block 0, and it has not ended, or its memory is not free")]
    [InlineData(ToyBug.LooksAgain, "block 0 is touched after its end")]
    internal void BugsAreFound(ToyBug bug, string complaint)
    {
        Exploration exploration = Explore(bug, MemoryFlaws.None);
        output.WriteLine(exploration.Failure);
        Assert.Contains(complaint, exploration.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void TornAdditionsAreFound()
    {
        Exploration exploration = Explore(ToyBug.None, MemoryFlaws.TornAdd);
        output.WriteLine(exploration.Failure);
        Assert.NotNull(exploration.Failure);
    }

    private static Exploration Explore(ToyBug bug, MemoryFlaws flaws)
    {
        var places = new Places();
        var block = (ToyBlock*)places.Take("block", sizeof(ToyBlock));
        nint[] hands = [0, places.Take("hand1", sizeof(long)), places.Take("hand2", sizeof(long))];
        var judge = new CountingJudge(1, 3);
        judge.Guard(0, (nint)block, sizeof(ToyBlock));
        var begin = new Operation("begin", () => ToyCount<ScheduledMemory>.Begin(block)) { Effect = CountEffect.Begin };
        var share = new Operation("share", () => ToyCount<ScheduledMemory>.Share(block)) { Effect = CountEffect.Add };
        var drop = new Operation("drop", () => ToyCount<ScheduledMemory>.DropOfOwner(block, bug, End)) { Effect = CountEffect.Drop };
        var refer = new Operation("ref", () => ToyCount<ScheduledMemory>.Share(block)) { Effect = CountEffect.Add };
        var deref = new Operation("deref", () => ToyCount<ScheduledMemory>.DropOfOther(block, End)) { Effect = CountEffect.Drop };
        var history = new History(
            "shared count",
            places,
            judge,
            [begin, share, Hand(1), share, Hand(2), drop],
            [Get(1), refer, deref, deref],
            [Get(2), refer, deref, deref]);
        return new Explorer(history, flaws: flaws).Run();

        static void End() => Replay.Tell(CountingJudge.Ended, 0, "ends the block");

        Operation Hand(int thread) => new($"hand to T{thread}", () =>
        {
            ScheduledMemory.Store((long*)hands[thread], 1);
            return 0;
        });

        Operation Get(int thread) => new("get", () => ScheduledMemory.Await((long*)hands[thread]));
    }
}
