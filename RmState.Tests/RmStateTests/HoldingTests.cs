using Rm.Tests.Faults;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>Holders with names: exact at every level, ended once, never a stranger's.</summary>
public sealed class HoldingTests : DiagnosedStates
{
    public static TheoryData<Kind, RmDiagnosticsLevel> KindsAndLevels
    {
        get
        {
            TheoryData<Kind, RmDiagnosticsLevel> all = [];
            foreach (Kind kind in Enum.GetValues<Kind>())
            {
                all.Add(kind, RmDiagnosticsLevel.Counters);
                all.Add(kind, RmDiagnosticsLevel.Sites);
                all.Add(kind, RmDiagnosticsLevel.Full);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void OneLineNamesEveryHolder(Kind kind)
    {
        RmState state = NewState(kind);
        nint block = state.RmMalloc(64, Net, 3);
        RmHold first = state.RmRetainAs(block, Decoder, 88);
        RmHold second = state.RmRetainAs(block, Player, 31);
        for (int i = 0; i < 4; i++)
        {
            state.RmRetain(block, Net, 12);
        }

        state.RmRelease(block, Net, 40);
        const string held = "2 held: Decoder.cs:88, Player.cs:31; 3 unmatched: retains Net.cs:12 ×4, releases Net.cs:40 ×1";
        RmHolders holders = state.RmWhoHolds(block);
        Assert.Equal($"1 since Net.cs:3; {held}", holders.ToString());
        Assert.Equal((block, 6L, 3L, 0L), (holders.Block, holders.Count, holders.Unmatched, holders.Unrecorded));
        Assert.Equal(state.RmSize(block), holders.Size);
        Assert.True(holders.Holds[0].Born < holders.Holds[1].Born);

        state.Level = RmDiagnosticsLevel.Counters;
        nint other = state.RmMalloc(64, Net, 3);
        state.Level = RmDiagnosticsLevel.Sites;
        RmHold third = state.RmRetainAs(other, Decoder, 88);
        Assert.Equal("1 held: Decoder.cs:88; 1 unrecorded", state.RmWhoHolds(other).ToString());

        // The block's first reference given back by a bare release is a release that no retain answers.
        state.RmRelease(other, Net, 40);
        Assert.Equal("1 held: Decoder.cs:88; -1 unmatched: releases Net.cs:40 ×1; 1 unrecorded", state.RmWhoHolds(other).ToString());

        third.Dispose();
        Assert.False(state.RmContains(other));
        second.Dispose();
        Assert.Equal("1 since Net.cs:3; 1 held: Decoder.cs:88; 3 unmatched: retains Net.cs:12 ×4, releases Net.cs:40 ×1", state.RmWhoHolds(block).ToString());
        first.Dispose();
        ReleaseAll(state, block);
        Assert.Empty(Reported);
    }

    [Theory]
    [MemberData(nameof(KindsAndLevels))]
    public void HoldersAreExactAtEveryLevel(Kind kind, RmDiagnosticsLevel level)
    {
        RmState state = NewState(kind, level);
        nint block = state.RmMalloc(64, Net, 3);
        List<(RmHold Hold, int Line)> holds = [];
        Random random = new(7);
        for (int i = 0; i < 500; i++)
        {
            if (holds.Count == 0 || (holds.Count < 150 && random.Next(5) < 3))
            {
                holds.Add((state.RmRetainAs(block, Decoder, i), i));
            }
            else
            {
                int at = random.Next(holds.Count);
                holds[at].Hold.Dispose();
                Assert.False(holds[at].Hold.IsHeld);
                holds.RemoveAt(at);
            }

            if (i % 50 == 0)
            {
                state.Level = (RmDiagnosticsLevel)random.Next(3);
                state.Verify();
            }

            RmHolders holders = state.RmWhoHolds(block);
            Assert.Equal(holds.Select(h => h.Line), holders.Holds.Select(h => h.Site.Line));
            Assert.Equal(holds.Count + 1, holders.Count);
            Assert.Equal(level == RmDiagnosticsLevel.Counters ? 1 : 0, holders.Unrecorded);
            Assert.Equal(0, holders.Unmatched);
        }

        Assert.True(holds.Count > 61, "more than a slot can count");
        state.RmRelease(block);
        holds.ForEach(h => Assert.True(h.Hold.IsHeld));
        holds.ForEach(h => h.Hold.Dispose());
        Assert.False(state.RmContains(block));
        Assert.Empty(Reported);
        state.Verify();
    }

    [Fact]
    public void DisposingTwiceOrACopyEndsItOnce()
    {
        RmState state = NewState(Kind.Malloc);
        nint block = state.RmMalloc(8);
        RmHold hold = state.RmRetainAs(block);
        RmHold copy = hold;
        RmHold other = state.RmRetainAs(block);
        Assert.True(hold == copy && hold.Equals((object)copy) && hold.GetHashCode() == copy.GetHashCode());
        Assert.True(hold != other && !hold.Equals(other));

        copy.Dispose();
        hold.Dispose();
        copy.Dispose();

        Assert.Equal(2, state.RmCount(block));
        Assert.False(hold.IsHeld);
        Assert.True(other.IsHeld);

        // Its place in the store is taken by the next one, which it is not.
        RmHold next = state.RmRetainAs(block);
        hold.Dispose();
        Assert.True(next.IsHeld && next != hold);
        Assert.Equal(3, state.RmCount(block));
        next.Dispose();
        other.Dispose();
        state.RmRelease(block);
        Assert.Empty(Reported);
    }

    [Fact]
    public void DefaultHoldsNothing()
    {
        RmHold none = default;
        none.Dispose();

        Assert.False(none.IsHeld);
        Assert.Equal(0, none.Block);
        Assert.Equal("no hold", none.ToString());
        RmState state = NewState();
        nint block = state.RmMalloc(8);
        using RmHold hold = state.RmRetainAs(block);
        Assert.Equal($"hold of 0x{block:x}", hold.ToString());
        Assert.NotEqual(none, hold);
        state.RmRelease(block);
    }

    [Theory]
    [MemberData(nameof(KindsAndLevels))]
    public void DetachedBlocksHolderIsReportedAndReleasesNothing(Kind kind, RmDiagnosticsLevel level)
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = kind is Kind.Allocator
            ? NewState(new RmStateOptions { Allocator = allocator, Level = level, OnViolation = Reported.Add })
            : NewState(kind, level);
        nint block = Fakes.Address(5);
        state.RmAttach(block, Fakes.Leave);
        RmHold first = state.RmRetainAs(block, Net, 1);
        RmHold second = state.RmRetainAs(block, Net, 2);
        Assert.Equal(2, state.RmDetach(block));
        Assert.False(first.IsHeld || second.IsHeld);

        // A stranger gets the address; it must keep both of its references.
        state.RmAttach(block, Fakes.Leave);
        state.RmRetain(block);
        RmHold stranger = state.RmRetainAs(block, Decoder, 3);
        second.Dispose();
        first.Dispose();

        Assert.Equal(3, state.RmCount(block));
        Assert.Equal([block, block], Reported.Select(v => Assert.IsType<StaleReferenceException>(v).Block));
        Assert.Equal(2, state.Statistics.Violations);
        second.Dispose();
        first.Dispose();
        Assert.Equal(2, Reported.Count);
        Assert.True(stranger.IsHeld);
        stranger.Dispose();
        ReleaseAll(state, block);
        state.Verify();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void HoldersOfABlockFreedUnderThemAreReported(Kind kind)
    {
        RmState state = NewState(kind, RmDiagnosticsLevel.Counters);
        nint block = state.RmMalloc(8);
        RmHold first = state.RmRetainAs(block, Net, 1);
        RmHold second = state.RmRetainAs(block, Net, 2);

        // One release too many: the second holder's reference is gone.
        state.RmRelease(block);
        state.RmRelease(block);
        first.Dispose();

        Assert.False(state.RmContains(block));
        Assert.Single(Reported);
        Assert.False(second.IsHeld);
        nint next = state.RmMalloc(8);
        state.RmRetain(next);
        second.Dispose();
        Assert.Equal(2, Reported.Count);
        Assert.Equal(2, state.RmCount(next));
        ReleaseAll(state, next);
        state.Verify();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AResetOrDisposedStateReleasesNothingForAHolder(Kind kind)
    {
        RmState state = NewState(kind);
        nint block = state.RmMalloc(8);
        RmHold hold = state.RmRetainAs(block);
        state.Reset();
        Assert.False(hold.IsHeld);
        nint next = state.RmMalloc(8);
        RmHold later = state.RmRetainAs(next);
        Assert.NotEqual(hold, later);
        hold.Dispose();
        Assert.Equal(2, state.RmCount(next));
        Assert.True(later.IsHeld);
        state.Verify();

        state.Dispose();
        later.Dispose();
        Assert.False(later.IsHeld);
        Assert.Equal(0, state.Statistics.Violations - Reported.Count);
    }

    [Theory]
    [MemberData(nameof(KindsAndLevels))]
    public void BareReleaseOfAHeldLastReferenceIsRefused(Kind kind, RmDiagnosticsLevel level)
    {
        RmState state = NewState(kind, level, name: "video");
        nint block = state.RmMalloc(8);
        RmHold hold = state.RmRetainAs(block, Decoder, 88);
        state.RmRelease(block);
        StateSnapshot before = StateSnapshot.Of(state);

        HeldBlockException violation = Assert.Throws<HeldBlockException>(() => state.RmRelease(block));
        Assert.Equal(block, violation.Block);
        Assert.Contains("held at Decoder.cs:88", violation.Message, StringComparison.Ordinal);
        nint variable = block;
        Assert.Throws<HeldBlockException>(() => state.RmRelease(ref variable));
        Assert.Equal(block, variable);
        Assert.False(state.RmTryRelease(block, out long remaining));
        Assert.Equal(0, remaining);
        before.AssertUnchanged(state, newViolations: 2);
        Assert.True(hold.IsHeld);

        hold.Dispose();
        Assert.False(state.RmContains(block));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void HeldBlockIsNotResized(Kind kind)
    {
        RmState state = NewState(kind);
        nint block = state.RmMalloc(8);
        RmHold hold = state.RmRetainAs(block);
        Assert.Throws<SharedBlockException>(() => state.RmRealloc(block, 100));
        state.RmRelease(block);
        StateSnapshot before = StateSnapshot.Of(state);

        Assert.Throws<HeldBlockException>(() => state.RmRealloc(block, 100));
        Assert.False(state.RmTryRealloc(block, 100, out nint resized));
        Assert.Equal(0, resized);

        before.AssertUnchanged(state, newViolations: 1);
        hold.Dispose();
        Assert.False(state.RmContains(block));
    }

    [Fact]
    public void UnknownNullAndFinalizingBlocksAreNotHeld()
    {
        RmState state = NewState(Kind.Malloc);
        StateSnapshot before = StateSnapshot.Of(state);
        Assert.Throws<UntrackedPointerException>(() => state.RmRetainAs(Fakes.Address(1)));
        Assert.Throws<ArgumentNullException>(() => state.RmRetainAs(0));
        Assert.Throws<UntrackedPointerException>(() => state.RmWhoHolds(Fakes.Address(1)));
        Assert.Throws<ArgumentNullException>(() => state.RmWhoHolds(0));
        before.AssertUnchanged(state, newViolations: 2);

        int ran = 0;
        state.RmAttach(Fakes.Address(1), block =>
        {
            ran++;
            Assert.Throws<FinalizingBlockException>(() => state.RmRetainAs(block));
        });
        state.RmRelease(Fakes.Address(1));
        Assert.Equal(1, ran);
        state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => state.RmRetainAs(Fakes.Address(1)));
        Assert.Throws<ObjectDisposedException>(() => state.RmWhoHolds(Fakes.Address(1)));
    }

    [Fact]
    public void HoldsOfOtherBlocksBeginAndEndInADeallocator()
    {
        RmState state = NewState(Kind.SizeClassHeap);
        nint other = state.RmMalloc(8, Net, 1);
        RmHold ending = state.RmRetainAs(other, Net, 2);
        RmHold beginning = default;
        state.RmAttach(Fakes.Address(1), _ =>
        {
            beginning = state.RmRetainAs(other, Net, 3);
            ending.Dispose();
        });
        state.RmRelease(Fakes.Address(1));

        Assert.Equal("1 since Net.cs:1; 1 held: Net.cs:3", state.RmWhoHolds(other).ToString());
        beginning.Dispose();
        state.RmRelease(other);
    }

    [Fact]
    public void CountAtItsLimitIsNotHeld()
    {
        RmState state = NewState(Kind.Malloc);
        nint block = state.RmMalloc(8);
        state.PresetCount(block, long.MaxValue);
        Assert.Throws<OverflowException>(() => state.RmRetainAs(block));
        Assert.Empty(state.RmWhoHolds(block).Holds);
        state.PresetCount(block, 1);
        state.Verify();
        state.RmRelease(block);
    }

    [Fact]
    public void HolderOfABusyStateIsNotEnded()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(8);
        RmHold hold = state.RmRetainAs(block);
        List<Exception> thrown = [];
        allocator.OnRequest = () => thrown.AddRange(
        [
            Record.Exception(hold.Dispose), Record.Exception(() => state.RmRetainAs(block)), Record.Exception(() => state.RmWhoHolds(block)),
            Record.Exception(() => hold.IsHeld), Record.Exception(() => state.Level = RmDiagnosticsLevel.Full), Record.Exception(() => state.RmExplain(block)),
        ]);
        nint other = state.RmMalloc(8);
        allocator.OnRequest = null;

        Assert.Equal(6, thrown.Count);
        Assert.All(thrown, e => Assert.IsType<ConcurrentUseException>(e));
        Assert.True(hold.IsHeld);
        Assert.Equal(RmDiagnosticsLevel.Counters, state.Level);
        hold.Dispose();
        Assert.Equal(1, state.RmCount(block));
        state.RmRelease(block);
        state.RmRelease(other);
    }

    [Fact]
    public void WithoutMemoryNobodyHoldsAndNothingChanges()
    {
        foreach (Kind kind in Enum.GetValues<Kind>())
        {
            for (int n = 1; ; n++)
            {
                var plan = new FaultPlan();
                RmState state = NewState(kind, RmDiagnosticsLevel.Counters, table: NewTableMemory(plan));
                nint block = state.RmMalloc(8);
                StateSnapshot before = StateSnapshot.Of(state);
                long requests = plan.Requests;
                plan.FailAt = requests + n;
                RmHold hold = default;
                bool failed = Record.Exception(() => hold = state.RmRetainAs(block)) is OutOfMemoryException;
                if (failed)
                {
                    before.AssertUnchanged(state);
                    hold = state.RmRetainAs(block);
                }

                Assert.Single(state.RmWhoHolds(block).Holds);
                hold.Dispose();
                Assert.Equal(1, state.RmCount(block));
                state.RmRelease(block);
                if (plan.Refused == 0)
                {
                    Assert.True(n > 2, $"{kind}: {n - 1} requests");
                    break;
                }
            }
        }
    }

    [Fact]
    public void HolderDisposedInItsBlocksOwnDeallocatorWhileTheStateIsReset()
    {
        RmState state = NewState(Kind.Malloc);
        RmHold hold = default;
        state.RmAttach(Fakes.Address(1), _ => hold.Dispose());
        hold = state.RmRetainAs(Fakes.Address(1));
        state.Reset();
        Assert.IsType<StaleReferenceException>(Assert.Single(Reported));
        state.Verify();
    }

    [Fact]
    public void SecondHolderDisposedInTheDeallocator()
    {
        RmState state = NewState(Kind.Malloc);
        RmHold second = default;
        state.RmAttach(Fakes.Address(1), _ => second.Dispose());
        RmHold first = state.RmRetainAs(Fakes.Address(1));
        second = state.RmRetainAs(Fakes.Address(1));
        state.RmRelease(Fakes.Address(1));
        state.RmRelease(Fakes.Address(1));
        first.Dispose();

        // Each tells of the other: the first that it left one behind, the second that it came too late.
        Assert.Equal(2, Reported.Count);
        Assert.False(second.IsHeld);
        state.Verify();
        Assert.Equal(0, state.Statistics.LiveBlocks);
    }

    [Fact]
    public void HolderOfABlockWhoseAddressWasReusedInItsDeallocatorTouchesNoStranger()
    {
        var allocator = new ScriptedAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator, OnViolation = Reported.Add });
        RmHold second = default;
        nint stranger = 0;
        state.RmAttach(Fakes.Address(1), block =>
        {
            allocator.Next = block;
            stranger = state.RmMalloc(8);
            state.RmRetain(stranger);
            second.Dispose();
            Assert.Equal(2, state.RmCount(stranger));
        });
        RmHold first = state.RmRetainAs(Fakes.Address(1));
        second = state.RmRetainAs(Fakes.Address(1));
        state.RmRelease(Fakes.Address(1));
        state.RmRelease(Fakes.Address(1));
        first.Dispose();
        Assert.Equal(2, state.RmCount(stranger));
        state.RmRelease(stranger);
        state.RmRelease(stranger);
        state.Verify();
    }
}
