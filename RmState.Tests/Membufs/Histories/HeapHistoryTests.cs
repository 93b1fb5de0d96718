using System.Diagnostics;
using Xunit.Abstractions;

namespace Rm.Tests.Membufs.Histories;

/// <summary>Every order of steps of small histories of a heap, judged: each block ends once, and no sooner or later than it should.</summary>
public sealed class HeapHistoryTests(ITestOutputHelper output)
{
    /// <summary>Histories of more threads have many states; they are explored with one kind of block only.</summary>
    private const int MostThreadsForAllKinds = 2;

    public static TheoryData<string> Names => [.. HeapHistories.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryOrderIsRight(string name)
    {
        foreach (ScheduledHeap heap in (ScheduledHeap[])[NewHeap(), NewHeap(hasPolicy: true), NewHeap(goesLongWay: true)])
        {
            History history = HeapHistories.All[name](heap);
            if (history.Scripts.Length > MostThreadsForAllKinds && (heap.HasPolicy || heap.GoesLongWay))
            {
                continue;
            }

            var clock = Stopwatch.StartNew();
            Exploration exploration = new Explorer(history).Run();
            output.WriteLine($"{exploration}, {clock.ElapsedMilliseconds} ms: {history}");
            Assert.True(exploration.Failure is null, exploration.Failure);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryOrderOfEverySmallProgramIsRight(bool hasPolicy)
    {
        var clock = Stopwatch.StartNew();
        (int histories, long states, long steps, double orders) = (0, 0, 0, 0);
        foreach (History history in SmallPrograms.WriteAll(() => new ScheduledHeap(records: 1) { HasPolicy = hasPolicy }))
        {
            Exploration exploration = new Explorer(history).Run();
            Assert.True(exploration.Failure is null, exploration.Failure);
            histories++;
            states += exploration.States;
            steps += exploration.Steps;
            orders += exploration.Orders;
        }

        output.WriteLine($"{histories} histories, {orders:0.###e0} orders, {states} states, {steps} steps, {clock.ElapsedMilliseconds} ms");
    }

    [Theory]
    [InlineData(MemoryFlaws.NoFence, "owner goes", "nobody holds block 0, and it has not ended")]
    [InlineData(MemoryFlaws.TornAdd, "both release two", "is refused block 0: OverReleased")]
    [InlineData(MemoryFlaws.TornSwap, "place is used again", "is refused block 0: OverReleased")]
    [InlineData(MemoryFlaws.TornExchange, "two blocks, two threads", "and it has not ended")]
    [InlineData(MemoryFlaws.UndrainedBuffer, "owner goes", "nobody holds block 0, and it has not ended")]
    internal void FlawsAreFound(MemoryFlaws flaws, string name, string complaint)
    {
        Exploration exploration = new Explorer(HeapHistories.All[name](NewHeap()), flaws: flaws).Run();
        output.WriteLine(exploration.Failure);
        Assert.Contains(complaint, exploration.Failure, StringComparison.Ordinal);
    }

    /// <summary>What is left out because it would show nothing new shows nothing new.</summary>
    [Theory]
    [InlineData("transfer")]
    [InlineData("producer and consumer")]
    [InlineData("reference under the owner's cover")]
    [InlineData("owner goes first")]
    public void FewerOrdersHaveTheSameEnds(string name)
    {
        Exploration all = new Explorer(HeapHistories.All[name](NewHeap(hasPolicy: true)), Reduction.States).Run();
        Exploration fewer = new Explorer(HeapHistories.All[name](NewHeap(hasPolicy: true))).Run();
        output.WriteLine($"{all}\n{fewer}");
        Assert.Null(all.Failure);
        Assert.InRange(fewer.Steps, 1, all.Steps - 1);
        Assert.Equal(all.Ends.Order(StringComparer.Ordinal), fewer.Ends.Order(StringComparer.Ordinal));
    }

    private static ScheduledHeap NewHeap(bool hasPolicy = false, bool goesLongWay = false) =>
        new(records: 2) { HasPolicy = hasPolicy, GoesLongWay = goesLongWay };
}
