using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Xunit.Abstractions;

namespace Rm.Tests.RmStateTests;

/// <summary>Every request for memory of a rich run fails in turn; nothing may leak, change or be lost by it.</summary>
public sealed class FaultInjectionTests(ITestOutputHelper output) : LeakChecked
{
    public enum Failing
    {
        /// <summary>The n-th request alone.</summary>
        One,

        /// <summary>The n-th request and all after it, until a call fails.</summary>
        AllFromThere,

        /// <summary>The table's n-th request and all after it, until a call fails; the allocator always has memory.</summary>
        TableFromThere,
    }

    [Theory]
    [InlineData(Failing.One)]
    [InlineData(Failing.AllFromThere)]
    [InlineData(Failing.TableFromThere)]
    public void EveryRequestForMemoryFailsInTurn(Failing failing)
    {
        long faults = 0;
        long tolerated = 0;
        for (long n = 1; ; n++)
        {
            var plan = new FaultPlan { FailAt = n, Persistent = failing != Failing.One };
            using var scenario = new FaultScenario(plan, tableOnly: failing == Failing.TableFromThere);
            scenario.Run();
            if (plan.Refused == 0)
            {
                Assert.Equal(0, scenario.Failed);
                break;
            }

            Assert.True(scenario.Failed > 0 || scenario.Tolerated > 0, $"request {n} was refused and nobody met it");
            faults += scenario.Failed;
            tolerated += scenario.Tolerated;
        }

        output.WriteLine($"{failing}: {faults} calls failed, {tolerated} refusals tolerated");
        Assert.True(faults >= (failing == Failing.TableFromThere ? 5 : 300), $"only {faults} faults");
    }

    [Fact]
    public void WithoutFaultsTheScenarioAsksForMemoryOfEveryKind()
    {
        var all = new FaultPlan();
        using var scenario = new FaultScenario(all, tableOnly: false);
        scenario.Run();
        var table = new FaultPlan();
        using var tableScenario = new FaultScenario(table, tableOnly: true);
        tableScenario.Run();

        Assert.True(table.Requests >= 5, $"{table.Requests} requests of the table");
        Assert.True(all.Requests >= table.Requests + 300, $"{all.Requests} requests in all");
    }
}
