using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Counting;

/// <summary>Taking blocks out and putting others in for ever does not wear the table out.</summary>
public sealed class TableReplacementTests : LeakChecked
{
    private const int Live = 20_000;

    [Theory]
    [InlineData("release")]
    [InlineData("detach")]
    [InlineData("same addresses")]
    public void TenTimesAsManyReplacementsAsBlocks(string how)
    {
        var random = new Random(9);
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, Seed = 17 });
        nint[] live = [.. Enumerable.Range(0, Live).Select(i => Fakes.Address(i))];
        Assert.All(live, b => state.RmAttach(b, Fakes.Leave));
        long capacity = state.Statistics.Capacity;
        for (int i = 0; i < 10 * Live; i++)
        {
            int at = random.Next(Live);
            if (string.Equals(how, "detach", StringComparison.Ordinal))
            {
                state.RmDetach(live[at]);
            }
            else
            {
                state.RmRelease(live[at]);
            }

            live[at] = string.Equals(how, "same addresses", StringComparison.Ordinal) ? live[at] : Fakes.Address(Live + i, 48);
            state.RmAttach(live[at], Fakes.Leave);
            AssertHealthy(state, i, probe: i % 2000 == 0);
        }

        Assert.True(state.Statistics.Capacity <= capacity * 2, $"the table grew from {capacity} to {state.Statistics.Capacity} slots");
        Assert.All(live, b => Assert.Equal(1, state.RmCount(b)));
        state.Verify();
        state.Reset();
    }

    [Fact]
    public void BlocksOfAnAllocatorThatNeverReusesAnAddress()
    {
        var random = new Random(10);
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, Seed = 18, Allocator = new ScriptedAllocator() });
        nint[] live = [.. Enumerable.Range(0, Live).Select(_ => state.RmMalloc(8))];
        long capacity = state.Statistics.Capacity;
        for (int i = 0; i < 10 * Live; i++)
        {
            int at = random.Next(Live);
            state.RmRelease(live[at]);
            live[at] = state.RmMalloc(8);
            AssertHealthy(state, i, probe: i % 2000 == 0);
        }

        Assert.True(state.Statistics.Capacity <= capacity * 2, $"the table grew from {capacity} to {state.Statistics.Capacity} slots");
        state.Verify();
        state.Reset();
    }

    [Fact]
    public void FillingAndEmptyingAgainAndAgain()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, Seed = 19 });
        long most = 0;
        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < 10_000; i++)
            {
                state.RmAttach(Fakes.Address((round * 10_000) + i), Fakes.Leave);
            }

            AssertHealthy(state, round, probe: true);
            most = Math.Max(most, state.Statistics.Capacity);
            for (int i = 0; i < 10_000; i++)
            {
                state.RmRelease(Fakes.Address((round * 10_000) + i));
            }

            AssertHealthy(state, round, probe: true);
            Assert.True(most <= 131_072, $"{most} slots for 10,000 blocks in round {round}");
        }

        Assert.Equal(0, state.Statistics.LiveBlocks);
        state.Verify();
    }

    private static void AssertHealthy(RmState state, int step, bool probe)
    {
        RmStatistics s = state.Statistics;
        if (s.DeadSlots > Math.Max(s.Capacity / 8, 8))
        {
            Assert.Fail($"{s.DeadSlots} dead of {s.Capacity} slots after step {step}");
        }

        if (probe)
        {
            Assert.True(state.LongestProbe <= 64, $"the longest probe is {state.LongestProbe} slots after step {step}");
        }
    }
}
