using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Counting;

/// <summary>No single operation does more than its slice of growing, shrinking and giving back.</summary>
public sealed class TableSliceTests : LeakChecked
{
    private const int Blocks1M = 1_000_000;
    private const long MostSlots = 64;
    private const long MostBytes = 1 << 20;

    private RmStatistics _last;

    [Theory]
    [InlineData(1, false)]
    [InlineData(4096, false)]
    [InlineData(1, true)]
    public void EveryOperationOfAMillionStaysWithinItsSlice(int capacity, bool countingMemory)
    {
        RmState state = NewState(new RmStateOptions
        {
            InitialCapacity = capacity,
            Seed = 23,
            DisposePolicy = RmDisposePolicy.Abandon,
            TableMemory = countingMemory ? NewTableMemory() : null,
        });
        _last = state.Statistics;
        for (int i = 0; i < Blocks1M; i++)
        {
            state.RmAttach(Fakes.Address(i));
            AssertSlice(state, "attach", i);
        }

        RmStatistics full = state.Statistics;
        Assert.True(full.SlotsMoved >= Blocks1M / 4, $"only {full.SlotsMoved} slots moved by growing: this test proves nothing");
        for (int i = 0; i < Blocks1M; i++)
        {
            state.RmDetach(Fakes.Address(i));
            AssertSlice(state, "detach", i);
        }

        for (int i = 0; !state.Trim(1); i++)
        {
            AssertSlice(state, "trim", i);
            Assert.True(i < 10_000_000, "Trim does not end");
        }

        AssertSlice(state, "last trim", 0);
        RmStatistics trimmed = state.Statistics;
        Assert.True(trimmed.BytesUnmapped >= full.TableBytes / 2, $"only {trimmed.BytesUnmapped} of {full.TableBytes} bytes given back");
        Assert.True(trimmed.Capacity <= 8192, $"{trimmed.Capacity} slots left");
        state.Verify();
    }

    [Fact]
    public void MixedOperationsDuringGrowthAndShrinkingStayWithinTheirSlices()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, Seed = 29, DisposePolicy = RmDisposePolicy.Abandon, Allocator = new ScriptedAllocator() });
        _last = state.Statistics;
        var random = new Random(29);
        List<nint> live = [];
        for (int i = 0; i < 600_000; i++)
        {
            bool growing = i / 100_000 % 2 == 0;
            if (live.Count == 0 || random.Next(10) < (growing ? 8 : 2))
            {
                live.Add(state.RmMalloc(8));
            }
            else
            {
                int at = random.Next(live.Count);
                state.RmRetain(live[at]);
                AssertSlice(state, "retain", i);
                state.RmRelease(live[at]);
                AssertSlice(state, "release", i);
                state.RmRelease(live[at]);
                live[at] = live[^1];
                live.RemoveAt(live.Count - 1);
            }

            AssertSlice(state, "step", i);
            if (!growing && i % 100 == 0)
            {
                state.Trim(1);
                AssertSlice(state, "trim", i);
            }
        }

        state.Verify();
        Assert.Equal(live.Count, state.Statistics.LiveBlocks);
        state.Dispose();
    }

    private void AssertSlice(RmState state, string operation, int step)
    {
        RmStatistics now = state.Statistics;
        long moved = now.SlotsMoved - _last.SlotsMoved;
        long unmapped = now.BytesUnmapped - _last.BytesUnmapped;
        if (moved is < 0 or > MostSlots || unmapped is < 0 or > MostBytes)
        {
            Assert.Fail($"{operation} {step} moved {moved} slots and gave {unmapped} bytes back");
        }

        _last = now;
    }
}
