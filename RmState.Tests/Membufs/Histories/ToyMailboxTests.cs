using Xunit.Abstractions;

namespace Rm.Tests.Membufs.Histories;

/// <summary>The explorer passes a right mailbox and finds what is wrong when its memory is worse than promised.</summary>
public sealed unsafe class ToyMailboxTests(ITestOutputHelper output)
{
    [Fact]
    public void EveryEntryIsTakenOnce()
    {
        Exploration exploration = Explore(MemoryFlaws.None);
        output.WriteLine(exploration.ToString());
        Assert.Null(exploration.Failure);
    }

    [Theory]
    [InlineData(MemoryFlaws.TornSwap, "was never taken")]
    [InlineData(MemoryFlaws.TornExchange, "was never taken")]
    [InlineData(MemoryFlaws.UndrainedBuffer, "was never taken")]
    internal void FlawsAreFound(MemoryFlaws flaws, string complaint)
    {
        Exploration exploration = Explore(flaws);
        output.WriteLine(exploration.Failure);
        Assert.Contains(complaint, exploration.Failure, StringComparison.Ordinal);
    }

    private static Exploration Explore(MemoryFlaws flaws)
    {
        var places = new Places();
        nint head = places.Take("head", sizeof(long));
        nint[] entries = [.. Enumerable.Range(0, 4).Select(n => places.Take($"e{n}", sizeof(long)))];
        var history = new History(
            "mailbox",
            places,
            new TakenOnceJudge(entries.Length),
            [Take(join: false), Take(join: true)],
            [Push(0), Push(1)],
            [Push(2), Push(3)]);
        return new Explorer(history, flaws: flaws).Run();

        Operation Push(int entry) => new($"push e{entry}", () =>
        {
            ToyMailbox<ScheduledMemory>.Push((long*)head, (long*)entries[entry]);
            return 0;
        });

        Operation Take(bool join) => new(join ? "take the rest" : "take", () =>
        {
            if (join)
            {
                ScheduledMemory.Join();
            }

            return ToyMailbox<ScheduledMemory>.TakeAll(
                (long*)head, entry => Replay.Tell(0, Array.IndexOf(entries, entry), $"takes {places.NameOf(entry)}"));
        });
    }
}
