using System.Runtime.CompilerServices;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Xunit.Abstractions;

namespace Rm.Tests.Membufs;

/// <summary>Every call to the system fails in turn, alone or with all that follow; nothing leaks, nothing is half changed.</summary>
public sealed class MembufFaultTests(ITestOutputHelper output) : LeakChecked
{
    [Theory]
    [InlineData(MemoryKind.Native, false)]
    [InlineData(MemoryKind.Native, true)]
    [InlineData(MemoryKind.Windows, true)]
    [InlineData(MemoryKind.NoReservations, true)]
    public void EveryCallToTheSystemFailsInTurn(MemoryKind kind, bool persistent)
    {
        int failed = 0;
        List<FaultyVirtualMemory> memories = [];
        int n = 1;
        for (; ; n++)
        {
            var plan = new FaultPlan { FailAt = n, Persistent = persistent };
            memories.Add(new FaultyVirtualMemory(plan, kind));
            (int failures, long refused) = Run(plan, memories[^1]);
            failed += failures;
            if (refused == 0)
            {
                Assert.Equal(0, failures);
                break;
            }
        }

        output.WriteLine($"{kind}: {n - 1} calls, {failed} operations failed");
        Assert.True(n > 20, $"only {n} calls to the system");
        Assert.True(!persistent || failed > 10, $"only {failed} operations failed");

        // A heap's tables go with the object, not with its disposal.
        for (int i = 0; i < 200 && memories.Exists(static m => m.Reservations + m.AlignedBlocks > 0); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.All(memories, static m => Assert.Null(m.Complaint()));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (int Failed, long Refused) Run(FaultPlan plan, FaultyVirtualMemory memory)
    {
        using var scenario = new MembufFaultScenario(plan, memory);
        scenario.Run();
        return (scenario.Failed, scenario.RefusedOnTheWay);
    }
}
