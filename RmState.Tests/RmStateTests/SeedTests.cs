using System.Runtime.InteropServices;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>What the original rm_malloc promises (T-RM1 to T-RM9), and its defects that must not come back (RM-1 to RM-9).</summary>
public sealed unsafe class SeedTests : LeakChecked
{
    [Fact]
    public void TRm1StateIsCreatedWithASizeHintAndDestroyedWithoutALeak()
    {
        CountingTableMemory memory = NewTableMemory();
        foreach (int hint in new[] { 1, 7, 4096, 100_000 })
        {
            using (var state = new RmState(new RmStateOptions { InitialCapacity = hint, TableMemory = memory }))
            {
                Assert.Empty(state.RmBlocks);
                state.RmAttach(Fakes.Address(1), Fakes.Leave);
                Assert.NotEqual(0, memory.Outstanding);
            }

            Assert.Equal(0, memory.Outstanding);
        }
    }

    [Fact]
    public void TRm2AllocThenReleaseFreesTheBlockAndEmptiesTheState()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(2048);
        new Span<byte>((void*)block, 2048).Fill(1);

        Assert.Equal(0, state.RmRelease(block));

        Assert.Equal(0, allocator.Outstanding);
        Assert.Equal(0, state.Statistics.LiveBlocks);
    }

    [Fact]
    public void TRm3BlockRetainedTwiceIsFreedExactlyOnTheThirdRelease()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(2048);
        Assert.Equal(2, state.RmRetain(block));
        Assert.Equal(3, state.RmRetain(block));

        Assert.Equal(2, state.RmRelease(block));
        Assert.Equal(1, state.RmRelease(block));
        Assert.True(allocator.Holds(block));
        Assert.Equal(0, state.RmRelease(block));
        Assert.False(allocator.Holds(block));
    }

    [Fact]
    public void TRm4ExternalBlockIsAttachedAndFreedByOneRelease()
    {
        RmState state = NewState();
        nint block = Blocks.Malloc(2048);
        state.RmAttach(block, Blocks.Free);

        Assert.Equal(0, state.RmRelease(block));

        Assert.Equal([block], Blocks.Freed);
    }

    [Fact]
    public void TRm5DetachOfARetainedBlockReturnsOneAndDestroyingDoesNotFreeIt()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(2048);
        new Span<byte>((void*)block, 2048).Fill(7);
        state.RmRetain(block);

        Assert.Equal(1, state.RmDetach(block));
        Assert.False(state.RmContains(block));
        state.Dispose();

        Assert.True(allocator.Holds(block));
        Assert.Equal(2048, new Span<byte>((void*)block, 2048).Count((byte)7));
        allocator.FreeDetached(block);
    }

    [Fact]
    public void TRm6PointersOfOneStateAreUnknownToTheOther()
    {
        RmState first = NewState();
        RmState second = NewState();
        nint block = first.RmMalloc(8);

        Assert.False(second.RmContains(block));
        Assert.Throws<UntrackedPointerException>(() => second.RmRetain(block));
        Assert.Throws<UntrackedPointerException>(() => second.RmRelease(block));
        Assert.Throws<UntrackedPointerException>(() => second.RmDetach(block));

        Assert.Equal(1, first.RmCount(block));
        Assert.Equal(0, first.RmRelease(block));
    }

    [Fact]
    public void TRm7EveryHintGivesTheSameResultsUpToAMillionBlocks()
    {
        string[] results = [.. new[] { 1, 4096, 1 << 21 }.Select(hint =>
        {
            using var state = new RmState(new RmStateOptions { InitialCapacity = hint, DisposePolicy = RmDisposePolicy.Abandon });
            for (int i = 0; i < 1_000_000; i++)
            {
                state.RmAttach(Fakes.Address(i));
            }

            long sum = 0;
            for (int i = 0; i < 1_000_000; i++)
            {
                sum += state.RmRetain(Fakes.Address(i));
                sum += i % 3 == 0 ? state.RmRelease(Fakes.Address(i)) : 0;
                sum += i % 5 == 0 ? state.RmDetach(Fakes.Address(i)) : 0;
            }

            RmStatistics s = state.Statistics;
            long references = state.RmBlocks.Sum(b => b.Count);
            return $"{sum} {s.LiveBlocks} {s.PeakBlocks} {s.Retains} {s.Releases} {s.Detaches} {s.ReferencesDropped} {references}";
        })];

        Assert.StartsWith("2466667 800000 ", results[0], StringComparison.Ordinal);
        Assert.Single(results.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public void TRm8DetachOfAnUnknownPointerIsReportedAndChangesNothing()
    {
        RmState state = NewState();
        nint block = state.RmMalloc(8);
        StateSnapshot before = StateSnapshot.Of(state);

        Assert.Equal(block + 8, Assert.Throws<UntrackedPointerException>(() => state.RmDetach(block + 8)).Block);
        Assert.False(state.RmTryDetach(block + 8, out _));

        before.AssertUnchanged(state, newViolations: 1);
        state.RmRelease(block);
    }

    [Fact]
    public void TRm9AttachWithoutMemoryReportsItAndTheCallerStaysTheOwner()
    {
        var faults = new FaultPlan();
        RmState state = NewState(new RmStateOptions
        {
            InitialCapacity = 1,
            TableMemory = NewTableMemory(faults),
            DisposePolicy = RmDisposePolicy.Abandon,
        });
        faults.FailFromNow();
        int attached = 0;
        while (state.RmTryAttach(Fakes.Address(attached)))
        {
            attached++;
            Assert.True(attached < 1_000_000, "a table without memory took a million blocks");
        }

        nint block = Blocks.Malloc();
        StateSnapshot before = StateSnapshot.Of(state);
        Assert.Throws<OutOfMemoryException>(() => state.RmAttach(block));
        Assert.Throws<OutOfMemoryException>(() => state.RmAttach(block, Blocks.Free));
        Assert.Throws<OutOfMemoryException>(() => state.RmAttachOrRetain(block, Blocks.Free));

        before.AssertUnchanged(state);
        Assert.False(state.RmContains(block));
        Assert.Empty(Blocks.Freed);
        Blocks.Free(block);
        for (int i = 0; i < attached; i++)
        {
            Assert.Equal(0, state.RmDetach(Fakes.Address(i)));
        }
    }

    [Fact]
    public void Rm1DetachDoesNotAlwaysReturnZero()
    {
        RmState state = NewState(new RmStateOptions { DisposePolicy = RmDisposePolicy.Abandon });
        for (int references = 1; references <= 4; references++)
        {
            state.RmAttach(Fakes.Address(1));
            for (int i = 1; i < references; i++)
            {
                state.RmRetain(Fakes.Address(1));
            }

            Assert.Equal(references - 1, state.RmDetach(Fakes.Address(1)));
        }
    }

    [Fact]
    public void Rm2DestroyingTheStateDoesNotLeakItsBlocks()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        for (int i = 0; i < 100; i++)
        {
            state.RmRetain(state.RmMalloc(64));
        }

        state.Dispose();

        Assert.Equal((0, 100), (allocator.Outstanding, allocator.Frees));
        Assert.Equal(100, state.LastReport!.LiveBlocks);
    }

    [Fact]
    public void Rm3SecondAttachMakesNoSecondEntry()
    {
        RmState state = NewState();
        nint block = Blocks.Malloc();
        state.RmAttach(block, Blocks.Free);

        Assert.Throws<AlreadyTrackedException>(() => state.RmAttach(block, Blocks.Free));

        Assert.Equal((1, 1), (state.RmCount(block), state.RmBlocks.Count()));
        Assert.Equal(0, state.RmRelease(block));
        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(block));
        Assert.Single(Blocks.Freed);
    }

    [Fact]
    public void Rm4UnknownPointersAreNotIgnored()
    {
        RmState state = NewState();
        Assert.Throws<UntrackedPointerException>(() => state.RmRetain(Fakes.Address(1)));
        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(Fakes.Address(1)));
        Assert.Equal(2, state.Statistics.Violations);
    }

    [Fact]
    public void Rm5DoubleReleaseIsReportedAndAReusedAddressIsFreedOnce()
    {
        var allocator = new ScriptedAllocator();
        List<MemoryViolationException> reported = [];
        RmState state = NewState(new RmStateOptions { Allocator = allocator, OnViolation = reported.Add });
        nint block = state.RmMalloc(64);
        state.RmRelease(block);
        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(block));

        // Plain free behind the state's back, then the allocator hands the address out again.
        block = state.RmMalloc(64);
        allocator.Next = block;
        Assert.Equal(block, state.RmMalloc(64));
        Assert.IsType<AddressReusedException>(Assert.Single(reported));
        Assert.Equal(0, state.RmRelease(block));
        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(block));

        Assert.Equal(2, allocator.Freed.Count);
    }

    [Fact]
    public void Rm6HintOfZeroIsRefusedAndTheTableGrows()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RmState(new RmStateOptions { InitialCapacity = 0 }));
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, DisposePolicy = RmDisposePolicy.Abandon });
        for (int i = 0; i < 1000; i++)
        {
            state.RmAttach(Fakes.Address(i));
        }

        Assert.True(state.Statistics.Capacity > 1000);
        Assert.True(state.LongestProbe <= 64);
        for (int i = 0; i < 1000; i++)
        {
            state.RmDetach(Fakes.Address(i));
        }
    }

    [Fact]
    public void Rm7ForeignPointersAreFreedByTheirOwnDeallocator()
    {
        RmState state = NewState();
        int* onStack = stackalloc int[4];
        nint interior = state.RmMalloc(64);
        nint aligned = (nint)NativeMemory.AlignedAlloc(64, 4096);
        List<nint> freed = [];
        state.RmAttach((nint)onStack, freed.Add, 16);
        state.RmAttach(interior + 8, freed.Add);
        state.RmAttach(aligned, block =>
        {
            freed.Add(block);
            NativeMemory.AlignedFree((void*)block);
        });

        foreach (nint block in new[] { (nint)onStack, interior + 8, aligned })
        {
            Assert.Equal(0, state.RmRelease(block));
        }

        Assert.Equal([(nint)onStack, interior + 8, aligned], freed);
        Assert.Equal(0, state.RmRelease(interior));
    }

    [Fact]
    public void Rm8PointerOfAnotherStateIsNotIgnored()
    {
        RmState owner = NewState(new RmStateOptions { Name = "owner" });
        RmState other = NewState(new RmStateOptions { Name = "other" });
        nint block = owner.RmMalloc(8);

        UntrackedPointerException violation = Assert.Throws<UntrackedPointerException>(() => other.RmRelease(block));

        Assert.Contains("other", violation.Message, StringComparison.Ordinal);
        Assert.Equal(1, other.Statistics.Violations);
        Assert.Equal(0, owner.RmRelease(block));
    }

    /// <summary>The original's README example, which leaks its detached buffer there.</summary>
    [Fact]
    public void Rm9ExampleOfTheOriginalRunsWithoutALeak()
    {
        CountingAllocator allocator = NewAllocator();
        nint detached;
        using (var state = new RmState(new RmStateOptions { Allocator = allocator }))
        {
            nint buffer = state.RmMalloc(2048);
            state.RmRetain(buffer);
            state.RmRelease(buffer);
            state.RmRelease(buffer);
            detached = state.RmMalloc(2048);
            state.RmRetain(detached);
            Assert.Equal(1, state.RmDetach(detached));
        }

        Assert.Equal(1, allocator.Outstanding);
        allocator.FreeDetached(detached);
        Assert.Equal(0, allocator.Outstanding);
    }
}
