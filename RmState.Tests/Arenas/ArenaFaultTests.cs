using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Xunit.Abstractions;

namespace Rm.Tests.Arenas;

/// <summary>Every call to the system fails in turn, alone or with all that follow; nothing leaks, nothing is half changed.</summary>
public sealed class ArenaFaultTests(ITestOutputHelper output) : LeakChecked
{
    [Theory]
    [InlineData(MemoryKind.Native, false)]
    [InlineData(MemoryKind.Native, true)]
    [InlineData(MemoryKind.Windows, false)]
    [InlineData(MemoryKind.Windows, true)]
    [InlineData(MemoryKind.MacOS, false)]
    [InlineData(MemoryKind.NoReservations, false)]
    [InlineData(MemoryKind.NoReservations, true)]
    public void EveryCallToTheSystemFailsInTurn(MemoryKind kind, bool persistent)
    {
        int failed = 0;
        int n = 1;
        for (; ; n++)
        {
            var plan = new FaultPlan { FailAt = n, Persistent = persistent };
            var memory = new FaultyVirtualMemory(plan, kind);
            using (var scenario = new ArenaFaultScenario(plan, memory))
            {
                scenario.Run();
                failed += scenario.Failed;
                if (plan.Refused == 0)
                {
                    Assert.Equal(0, scenario.Failed);
                    break;
                }
            }

            Assert.Null(memory.Complaint());
        }

        output.WriteLine($"{kind}: {n - 1} calls, {failed} operations failed");
        Assert.True(n > 40, $"only {n} calls to the system");
        Assert.True(!persistent || failed > 20, $"only {failed} operations failed");
    }
}
