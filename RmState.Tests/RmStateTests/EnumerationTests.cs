using System.Collections;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.RmStateTests;

/// <summary>RmBlocks: every live block once, and never silently stale.</summary>
public sealed class EnumerationTests : LeakChecked
{
    private static readonly (string Name, Action<RmState, nint> Do)[] Changes =
    [
        ("retain", (s, b) => s.RmRetain(b)),
        ("release", (s, b) => s.RmRelease(b)),
        ("try retain", (s, b) => s.RmTryRetain(b, out _)),
        ("try release", (s, b) => s.RmTryRelease(b, out _)),
        ("malloc", (s, _) => s.RmMalloc(1)),
        ("calloc", (s, _) => s.RmCalloc(1, 1)),
        ("aligned", (s, _) => s.RmAlignedAlloc(64, 1)),
        ("attach", (s, _) => s.RmAttach(Fakes.Address(9), Fakes.Leave)),
        ("attach or retain", (s, b) => s.RmAttachOrRetain(b)),
        ("detach", (s, _) => s.RmDetach(Fakes.Address(1))),
        ("realloc", (s, _) => s.RmRealloc(s.RmBlocks.First(x => x.Size == 77).Address, 100_000)),
        ("reset", (s, _) => s.Reset()),
        ("dispose", (s, _) => s.Dispose()),
    ];

    public static TheoryData<string> ChangeNames => [.. Changes.Select(c => c.Name)];

    [Fact]
    public void EmptyStateHasNoBlocks()
    {
        RmState state = NewState();
        Assert.Empty(state.RmBlocks);

        state.RmRelease(state.RmMalloc(1));
        Assert.Empty(state.RmBlocks);
    }

    [Fact]
    public void EveryLiveBlockComesOnceWithItsCountAndSize()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1 });
        Dictionary<nint, (long Count, nuint? Size)> expected = [];
        for (int i = 0; i < 1000; i++)
        {
            nint block = state.RmMalloc((nuint)i);
            expected.Add(block, (1 + (i % 3), (nuint)i));
            for (int n = 0; n < i % 3; n++)
            {
                state.RmRetain(block);
            }
        }

        nint wide = unchecked((nint)0xFFFF_8000_0000_1230);
        state.RmAttach(wide, Fakes.Leave);
        state.PresetCount(wide, 1L << 40);
        expected.Add(wide, (1L << 40, null));
        foreach (nint gone in expected.Keys.Where((_, i) => i % 5 == 0 && i % 3 == 0).ToArray())
        {
            Assert.Equal(0, state.RmRelease(gone));
            expected.Remove(gone);
        }

        RmBlock[] blocks = [.. state.RmBlocks];

        Assert.Equal(expected.Count, blocks.Length);
        Assert.All(blocks, b => Assert.Equal(expected[b.Address], (b.Count, b.Size)));
        Assert.Equal(expected.Count, blocks.DistinctBy(b => b.Address).Count());
        state.Reset();
    }

    [Theory]
    [MemberData(nameof(ChangeNames))]
    public void NextMoveAfterAChangeThrows(string change)
    {
        RmState state = NewState();
        nint block = state.RmMalloc(10);
        state.RmRetain(block);
        state.RmMalloc(77);
        state.RmAttach(Fakes.Address(1), Fakes.Leave);
        RmBlockCollection.Enumerator fresh = state.RmBlocks.GetEnumerator();
        RmBlockCollection.Enumerator midway = state.RmBlocks.GetEnumerator();
        RmBlockCollection.Enumerator ended = state.RmBlocks.GetEnumerator();
        Assert.True(midway.MoveNext());
        while (ended.MoveNext())
        {
        }

        Changes.Single(c => string.Equals(c.Name, change, StringComparison.Ordinal)).Do(state, block);

        Assert.True(Throws(ref fresh), "an enumerator that had not begun went on");
        Assert.True(Throws(ref midway), "an enumerator half way went on");
        Assert.True(Throws(ref ended), "an enumerator at its end went on");
        if (!state.IsDisposed)
        {
            state.Reset();
        }
    }

    [Fact]
    public void LookupsAndRefusedCallsDoNotDisturb()
    {
        RmState state = NewState();
        nint[] blocks = [.. Enumerable.Range(0, 100).Select(_ => state.RmMalloc(8))];
        int seen = 0;
        foreach (RmBlock block in state.RmBlocks)
        {
            seen++;
            Assert.Equal(1, state.RmCount(block.Address));
            Assert.True(state.RmContains(block.Address));
            Assert.Equal(8u, state.RmSize(block.Address));
            Assert.Equal(100, state.Statistics.LiveBlocks);
            Assert.False(state.RmTryCount(1, out _));
            Assert.Equal(100, state.CreateReport().LiveBlocks);
            Assert.Equal(0, state.RmRelease(0));
        }

        Assert.Equal(100, seen);
        Assert.All(blocks, b => Assert.Equal(0, state.RmRelease(b)));
    }

    [Fact]
    public void WorksAtEveryMomentOfAGrowthInProgress()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, Seed = 11 });
        HashSet<nint> live = [];
        for (int i = 0; i < 3000; i++)
        {
            state.RmAttach(Fakes.Address(i), Fakes.Leave);
            live.Add(Fakes.Address(i));
            if (i % 3 == 2)
            {
                state.RmRelease(Fakes.Address(i - 2));
                live.Remove(Fakes.Address(i - 2));
            }

            if (i % 7 == 0)
            {
                nint[] seen = [.. state.RmBlocks.Select(b => b.Address)];
                Assert.Equal(live.Count, seen.Length);
                Assert.True(live.SetEquals(seen), $"wrong blocks after {i} attaches");
            }
        }

        state.Reset();
    }

    [Fact]
    public void FailedAllocationThatBeganAGrowthDoesNotConfuseAnEnumeration()
    {
        var faults = new FaultPlan();
        RmState state = NewState(new RmStateOptions
        {
            InitialCapacity = 64,
            Seed = 31,
            DisposePolicy = RmDisposePolicy.Abandon,
            Allocator = NewAllocator(faults),
        });
        long growths = 0;
        for (int live = 0; live < 600; live++)
        {
            long capacity = state.Statistics.Capacity;
            AssertUndisturbed(state, live, () =>
            {
                faults.FailFromNow();
                Assert.False(state.RmTryMalloc(8, out _));
                faults.Stop();
            });
            growths += state.Statistics.Capacity > capacity ? 1 : 0;
            state.RmAttach(Fakes.Address(live));
        }

        Assert.True(growths >= 4, $"{growths} growths were begun by calls that failed");
        state.Reset();
    }

    [Fact]
    public void FailedAttachThatBeganAGrowthDoesNotConfuseAnEnumeration()
    {
        // All side records are taken and the table is full: the growth finds memory, the record after it none.
        const int records = 511;
        const int live = 512;
        var faults = new FaultPlan();
        RmState state = NewState(new RmStateOptions { InitialCapacity = 8192, Seed = 31, TableMemory = NewTableMemory(faults) });
        for (int i = 0; i < records; i++)
        {
            state.RmAttach(Fakes.Address(i), Fakes.Leave);
        }

        state.RmMalloc(8);
        Assert.Equal(live, state.RmBlocks.Count());
        AssertUndisturbed(state, live, () =>
        {
            faults.FailAt = faults.Requests + 3;
            Assert.False(state.RmTryAttach(Fakes.Address(9999), Fakes.Leave));
            Assert.Equal(1, faults.Refused);
        });

        Assert.True(state.Statistics.Capacity > 8192, "no growth was begun");
        state.Reset();
    }

    private static void AssertUndisturbed(RmState state, int live, Action change)
    {
        RmBlockCollection.Enumerator enumerator = state.RmBlocks.GetEnumerator();
        List<nint> seen = [];
        for (int i = 0; i < (live + 1) / 2 && enumerator.MoveNext(); i++)
        {
            seen.Add(enumerator.Current.Address);
        }

        change();
        bool ended = true;
        try
        {
            while (enumerator.MoveNext())
            {
                seen.Add(enumerator.Current.Address);
            }
        }
        catch (InvalidOperationException)
        {
            ended = false;
        }

        Assert.True(seen.Distinct().Count() == seen.Count, $"of {seen.Count} blocks listed some came twice; {live} live");
        Assert.True(!ended || seen.Count == live, $"{seen.Count} blocks listed, {live} live");
    }

    [Fact]
    public void LinqWorksOverIt()
    {
        RmState state = NewState();
        nint[] blocks = [.. Enumerable.Range(1, 50).Select(i => state.RmMalloc((nuint)i))];
        state.RmRetain(blocks[7]);

        Assert.Equal(50 * 51 / 2, state.RmBlocks.Sum(b => (long)b.Size!.Value));
        Assert.Equal(blocks[7], state.RmBlocks.Single(b => b.Count == 2).Address);
        Assert.Equal(blocks.Order(), state.RmBlocks.Select(b => b.Address).Order());
        Assert.Equal(50, ((IEnumerable)state.RmBlocks).Cast<RmBlock>().Count());
        state.Reset();
    }

    [Fact]
    public void CopyOfABlockStaysAsItWas()
    {
        RmState state = NewState();
        nint block = state.RmMalloc(10);
        RmBlock copy = Assert.Single(state.RmBlocks);

        state.RmRetain(block);
        state.RmRelease(block);
        state.RmRelease(block);

        Assert.Equal(new RmBlock(block, 1, 10), copy);
    }

    [Fact]
    public void FinalizingBlockIsNotListed()
    {
        RmState state = NewState();
        int listed = -1;
        nint other = state.RmMalloc(8);
        state.RmAttach(Fakes.Address(1), _ => listed = state.RmBlocks.Count());

        state.RmRelease(Fakes.Address(1));

        Assert.Equal(1, listed);
        state.RmRelease(other);
    }

    [Fact]
    public void EnumeratingAllocatesNothing()
    {
        RmState state = NewState();
        nint[] blocks = [.. Enumerable.Range(0, 1000).Select(_ => state.RmMalloc(8))];
        Assert.Equal(1000, Count(state));
        long before = GC.GetAllocatedBytesForCurrentThread();

        int count = Count(state);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1000, count);
        Assert.All(blocks, b => Assert.Equal(0, state.RmRelease(b)));

        static int Count(RmState state)
        {
            int count = 0;
            foreach (RmBlock _ in state.RmBlocks)
            {
                count++;
            }

            return count;
        }
    }

    private static bool Throws(ref RmBlockCollection.Enumerator enumerator)
    {
        try
        {
            enumerator.MoveNext();
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }
}
