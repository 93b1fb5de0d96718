using Rm.Diagnostics;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Xunit.Abstractions;

namespace Rm.Tests.Diagnostics;

/// <summary>Every call to the system, and to the inner allocator, fails in turn; nothing leaks, nothing is half changed.</summary>
public sealed class GuardedAllocatorFaultTests(ITestOutputHelper output) : LeakChecked
{
    [Theory]
    [InlineData(MemoryKind.Native, false)]
    [InlineData(MemoryKind.Native, true)]
    [InlineData(MemoryKind.Windows, false)]
    [InlineData(MemoryKind.Windows, true)]
    [InlineData(MemoryKind.MacOS, false)]
    [InlineData(MemoryKind.LargePages, false)]
    [InlineData(MemoryKind.NoReservations, true)]
    public void EveryCallFailsInTurn(MemoryKind kind, bool persistent)
    {
        int refusals = 0;
        for (int n = 1; ; n++)
        {
            var plan = new FaultPlan { FailAt = n, Persistent = persistent };
            var memory = new FaultyVirtualMemory(plan, kind);
            var inner = new CountingAllocator(plan);
            using (var allocator = new GuardedAllocator(new GuardedAllocatorOptions { MaxBlocks = GuardedFaultScenario.MaxBlocks, Inner = inner, Memory = memory }))
            {
                var scenario = new GuardedFaultScenario(allocator, inner, plan);
                scenario.Run();
                refusals += scenario.Refused;
            }

            Assert.Null(memory.Complaint());
            Assert.Null(inner.Complaint());
            if (plan.Refused == 0)
            {
                output.WriteLine($"{kind}: {n - 1} calls, {refusals} allocations refused");
                Assert.True(n > 30, $"only {n} calls");
                Assert.True(!persistent || refusals > 10, $"only {refusals} allocations refused");
                return;
            }
        }
    }

    [Fact]
    public void BlockIsNotGuardedWhereTheSystemRefusesAndIsAgainAfterwards()
    {
        var plan = new FaultPlan { FailAt = 1, Persistent = true };
        CountingAllocator inner = NewAllocator();
        using var allocator = new GuardedAllocator(new GuardedAllocatorOptions { Inner = inner, Memory = NewVirtualMemory(plan) });

        nint plain = allocator.Allocate(100);
        plan.Stop();
        nint guarded = allocator.Allocate(100);

        Assert.True(inner.Holds(plain));
        Assert.Equal((1L, 1L), (allocator.Statistics.Guarded, allocator.Statistics.Overflowed));
        allocator.Free(plain, 100, 0);
        allocator.Free(guarded, 100, 0);
    }

    [Fact]
    public void TheOldestInQuarantineMakesRoomWhereTheSystemHasNone()
    {
        var plan = new FaultPlan();
        CountingAllocator inner = NewAllocator();
        FaultyVirtualMemory memory = NewVirtualMemory(plan);
        using var allocator = new GuardedAllocator(new GuardedAllocatorOptions { Inner = inner, Memory = memory });
        nint first = allocator.Allocate(100);
        nint second = allocator.Allocate(100);
        allocator.Free(first, 100, 0);
        allocator.Free(second, 100, 0);
        plan.FailAt = plan.Requests + 1;

        nint third = allocator.Allocate(100);

        Assert.Equal((3L, 1, 1, 0L), (allocator.Statistics.Guarded, allocator.Statistics.LiveGuarded, allocator.Statistics.Quarantined, allocator.Statistics.Overflowed));
        Assert.Equal(0, inner.Outstanding);
        allocator.Free(third, 100, 0);
    }

    [Fact]
    public void BlockWhosePagesCannotBeClosedGoesAtOnce()
    {
        var plan = new FaultPlan();
        FaultyVirtualMemory memory = NewVirtualMemory(plan);
        using var allocator = new GuardedAllocator(new GuardedAllocatorOptions { Memory = memory });
        nint block = allocator.Allocate(100);
        plan.FailAt = plan.Requests + 1;

        allocator.Free(block, 100, 0);

        Assert.Equal(1, plan.Refused);
        Assert.Equal((0, 0), (memory.Reservations, allocator.Statistics.Quarantined));
        Assert.Equal(0u, allocator.Statistics.BytesReserved);
    }
}
