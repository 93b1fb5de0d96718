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
        RmState state = NewState(new RmStateOptions
        {
            InitialCapacity = 1,
            Seed = 29,
            DisposePolicy = RmDisposePolicy.Abandon,
            Allocator = new ScriptedAllocator(),
        });
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

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public unsafe void NoInsertionOrRemovalMovesMoreThanASlice(ulong seed, bool random)
    {
        // What moves when an entry comes or goes is at most the run of taken slots behind it: no run may be longer than a slice,
        // at the highest load of each capacity. Random addresses spread as evenly as chance does, so a rare run is a little longer.
        long most = random ? MostSlots * 3 / 2 : MostSlots;
        CountingTableMemory memory = NewTableMemory();
        RmState state = NewState(new RmStateOptions
        {
            InitialCapacity = 1,
            Seed = seed,
            DisposePolicy = RmDisposePolicy.Abandon,
            TableMemory = memory,
        });
        var addresses = new Random((int)seed);
        int attached = 0;
        for (int shift = 10; shift <= 22; shift++)
        {
            while (attached < (1 << shift) - 1)
            {
                nint block = random ? (nint)addresses.NextInt64(1, 1L << 48) : Fakes.Address(attached);
                attached += state.RmTryAttach(block) ? 1 : 0;
            }

            (nint start, _) = memory.Areas.MaxBy(a => a.Bytes);
            long longest = LongestRun((ulong*)start, state.Statistics.Capacity);
            Assert.True(longest <= most, $"a run of {longest} slots with {attached} of {state.Statistics.Capacity} taken, seed {seed}");
        }

        state.Dispose();
    }

    private static unsafe long LongestRun(ulong* slots, long capacity)
    {
        long longest = 0;
        long run = 0;
        for (long i = 0; i < capacity; i++)
        {
            run = slots[i] == 0 ? 0 : run + 1;
            longest = Math.Max(longest, run);
        }

        return longest;
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
