using System.Diagnostics;
using Xunit.Abstractions;

namespace Rm.Tests.Membufs.Histories;

/// <summary>Every order of steps of small histories of a heap, judged: each block ends once, and no sooner or later than it should.</summary>
public sealed class HeapHistoryTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => [.. HeapHistories.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryOrderIsRight(string name)
    {
        foreach (ScheduledHeap heap in (ScheduledHeap[])[new(2) { HasPolicy = true }, new(2), new(2) { GoesLongWay = true }])
        {
            var clock = Stopwatch.StartNew();
            Exploration exploration = new Explorer(HeapHistories.All[name](heap)).Run();
            output.WriteLine($"{exploration}, {clock.ElapsedMilliseconds} ms\n{exploration.Failure}");
        }
    }
}
