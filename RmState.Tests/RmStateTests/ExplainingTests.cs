using Rm.Tests.Faults;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>What a state says of any pointer, and what a violation's message says of its block.</summary>
public sealed class ExplainingTests : DiagnosedStates
{
    [Theory]
    [MemberData(nameof(Kinds))]
    public void DoubleReleaseNamesEveryPlaceOfTheBlock(Kind kind)
    {
        RmState state = NewState(kind, name: "net");
        nint block = state.RmMalloc(64, Net, 3);
        state.RmRetain(block, Net, 12);
        state.RmRetain(block, Net, 12);
        state.RmRetain(block, Decoder, 9);
        for (int i = 0; i < 4; i++)
        {
            state.RmRelease(block, Net, 40 + i);
        }

        UntrackedPointerException violation = Assert.Throws<UntrackedPointerException>(() => state.RmRelease(block, Player, 77));
        string size = kind == Kind.BlockHeap ? "512" : "64";
        Assert.Equal(
            $"RmRelease of 0x{block:x}: state 'net' does not track this pointer (at Player.cs:77); it was a block of {size} bytes: allocated at Net.cs:3, retained at Net.cs:12 ×2, Decoder.cs:9 ×1, last released at Net.cs:43. Pass a tracked address, or ask with the Try form.",
            violation.Message);
        RmExplanation explanation = state.RmExplain(block);
        Assert.Equal((RmPointerKind.Gone, block, 0u, RmOperation.Free), (explanation.Kind, explanation.Block, explanation.Offset, explanation.EndedBy));
        Assert.Equal((new RmSite(Net, 3), new RmSite(Net, 43)), (explanation.Site, explanation.EndSite));
        Assert.Same(state, explanation.State);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryMisuseOfABlockThatWentTellsWhere(Kind kind)
    {
        RmState state = NewState(kind);
        nint block = state.RmMalloc(8, Net, 1);
        state.RmRelease(block, Net, 2);
        nint variable = block;
        Action[] calls =
        [
            () => state.RmRetain(block, Player, 5), () => state.RmRelease(block, Player, 5), () => state.RmRelease(ref variable, Player, 5),
            () => state.RmDetach(block, Player, 5), () => state.RmRealloc(block, 9, Player, 5), () => state.RmRetainAs(block, Player, 5),
        ];
        Assert.All(calls, call => Assert.Contains(
            "(at Player.cs:5); it was a block of ", Assert.Throws<UntrackedPointerException>(call).Message, StringComparison.Ordinal));
        Action[] lookups = [() => state.RmCount(block), () => state.RmSize(block), () => state.RmWhoHolds(block)];
        Assert.All(lookups, call => Assert.Contains(
            "last released at Net.cs:2", Assert.Throws<UntrackedPointerException>(call).Message, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AtCountersTheMessageSaysHowToLearnMore(Kind kind)
    {
        RmState state = NewState(kind, RmDiagnosticsLevel.Counters);
        nint block = state.RmMalloc(8);
        state.RmRelease(block);
        string message = Assert.Throws<UntrackedPointerException>(() => state.RmRelease(block, Net, 4)).Message;
        Assert.Contains("(at Net.cs:4)", message, StringComparison.Ordinal);
        Assert.EndsWith("To be told where it went, set Level to Sites.", message, StringComparison.Ordinal);

        state.Level = RmDiagnosticsLevel.Sites;
        message = Assert.Throws<UntrackedPointerException>(() => state.RmRelease(Fakes.Address(9), Net, 4)).Message;
        Assert.DoesNotContain("Level", message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void LiveBlockAndItsInsideAreTold(Kind kind)
    {
        RmState state = NewState(kind);
        nint block = state.RmMalloc(64, Net, 3);
        nuint size = state.RmSize(block);
        state.RmRetain(block, Net, 12);

        RmExplanation live = state.RmExplain(block);
        Assert.Equal((RmPointerKind.Live, block, 0u), (live.Kind, live.Block, live.Offset));
        Assert.Equal($"it is a live block of {size} bytes: allocated at Net.cs:3, retained at Net.cs:12 ×1", live.ToString());
        Assert.Null(live.EndedBy);
        for (int offset = 1; offset < (int)size; offset++)
        {
            RmExplanation inside = state.RmExplain(block + offset);
            Assert.Equal((RmPointerKind.InsideLive, block, (nuint)offset, block + offset), (inside.Kind, inside.Block, inside.Offset, inside.Address));
        }

        Assert.Equal(RmPointerKind.Unknown, state.RmExplain(block + (nint)size).Kind);
        Assert.Equal(RmPointerKind.Unknown, state.RmExplain(block - 1).Kind);
        Assert.Contains(
            $"; it points 16 bytes into the live block 0x{block:x} of {size} bytes: allocated at Net.cs:3, retained at Net.cs:12 ×1. Pass",
            Assert.Throws<UntrackedPointerException>(() => state.RmRelease(block + 16)).Message,
            StringComparison.Ordinal);
        ReleaseAll(state, block);
        RmExplanation gone = state.RmExplain(block + 16);
        Assert.Equal((RmPointerKind.InsideGone, block, 16u), (gone.Kind, gone.Block, gone.Offset));
        Assert.StartsWith($"it points 16 bytes into what was the block 0x{block:x} of {size} bytes: ", gone.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownPointersAreUnknown()
    {
        RmState state = NewState(Kind.Malloc);
        foreach (nint address in (nint[])[0, 1, -1, nint.MaxValue, nint.MinValue, Fakes.Address(1)])
        {
            RmExplanation unknown = state.RmExplain(address);
            Assert.Equal((RmPointerKind.Unknown, address, 0), (unknown.Kind, unknown.Address, unknown.Block));
            Assert.Null(unknown.State);
            Assert.Equal("nothing is known of it", unknown.ToString());
        }

        Assert.Equal(0, state.Statistics.Violations);
    }

    [Fact]
    public void OtherStatesAnswerByName()
    {
        RmState mine = NewState(Kind.Malloc, name: "mine");
        RmState video = NewState(Kind.Malloc, name: "video");
        RmState audio = NewState(Kind.SizeClassHeap, name: "audio");
        RmState disposed = NewState(Kind.Malloc);
        disposed.Dispose();
        nint block = audio.RmMalloc(64, Net, 3);
        nint gone = Fakes.Address(8);
        video.RmAttach(gone, Fakes.Leave, 32, Net, 4);
        video.RmRelease(gone, Net, 5);

        Assert.Equal(RmPointerKind.Unknown, mine.RmExplain(block).Kind);
        RmExplanation live = mine.RmExplain(block, disposed, video, audio);
        Assert.Same(audio, live.State);
        Assert.StartsWith("it is a live block of state 'audio' of 64 bytes", live.ToString(), StringComparison.Ordinal);
        Assert.Equal("it was a block of state 'video' of 32 bytes: allocated at Net.cs:4, last released at Net.cs:5", mine.RmExplain(gone, disposed, video, audio).ToString());
        Assert.Throws<ObjectDisposedException>(() => disposed.RmExplain(block, audio));

        // This state comes first, then the others in their order.
        mine.RmAttach(gone, Fakes.Leave);
        Assert.Same(mine, mine.RmExplain(gone, video).State);
        mine.RmRelease(gone);
        audio.RmRelease(block);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void DetachedAndMovedBlocksAreToldAsWhatTheyAre(Kind kind)
    {
        RmState state = NewState(kind);
        state.RmAttach(Fakes.Address(2), Fakes.Leave, 16, Net, 1);
        state.RmDetach(Fakes.Address(2), Net, 2);
        Assert.Equal("it was a block of 16 bytes: allocated at Net.cs:1, detached at Net.cs:2", state.RmExplain(Fakes.Address(2)).ToString());
        Assert.Equal(RmOperation.Detach, state.RmExplain(Fakes.Address(2)).EndedBy);

        if (kind == Kind.BlockHeap)
        {
            // Its blocks have one size, and so none moves.
            return;
        }

        nint block = state.RmMalloc(64, Net, 3);
        nint moved = block;
        for (nuint size = 100_000; moved == block; size *= 2)
        {
            moved = state.RmRealloc(moved, size, Net, 4);
        }

        RmExplanation old = state.RmExplain(block);
        Assert.Equal((RmPointerKind.Gone, RmOperation.Reallocate, new RmSite(Net, 4)), (old.Kind, old.EndedBy, old.EndSite));
        Assert.EndsWith("bytes: allocated at Net.cs:3, moved at Net.cs:4".Replace("bytes", kind == Kind.SizedAllocator || kind == Kind.SizeClassHeap ? "unknown size" : "bytes", StringComparison.Ordinal), old.ToString(), StringComparison.Ordinal);
        Assert.Equal(new RmSite(Net, 3), state.RmWhoHolds(moved).Site);
        state.RmRelease(moved);
    }

    [Fact]
    public void GivenUpBlockIsToldOnceItsSuccessorIsGone()
    {
        var allocator = new ScriptedAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator, Level = RmDiagnosticsLevel.Sites, OnViolation = Reported.Add, QuarantineLength = 2 });
        nint block = state.RmMalloc(24, Net, 1);
        allocator.Next = block;
        Assert.Equal(block, state.RmMalloc(48, Net, 2));
        Assert.IsType<AddressReusedException>(Assert.Single(Reported));
        Assert.Equal("it is a live block of 48 bytes: allocated at Net.cs:2", state.RmExplain(block).ToString());

        state.RmRelease(block, Net, 3);
        Assert.Equal("it was a block of 48 bytes: allocated at Net.cs:2, last released at Net.cs:3", state.RmExplain(block).ToString());
        state.RmAttach(Fakes.Address(1), Fakes.Leave, 16, Net, 4);
        nint given = state.RmMalloc(24, Net, 5);
        allocator.Next = Fakes.Address(1);
        nint successor = state.RmMalloc(8, Net, 6);
        state.Level = RmDiagnosticsLevel.Counters;
        state.RmRelease(successor);
        Assert.Equal("it was a block of 16 bytes: allocated at Net.cs:4, given up", state.RmExplain(Fakes.Address(1)).ToString());
        Assert.Equal(RmOperation.Abandon, state.RmExplain(Fakes.Address(1)).EndedBy);
        state.RmRelease(given);
        state.Verify();
    }

    [Fact]
    public void BlockWhoseDeallocatorRunsIsNotLive()
    {
        foreach (RmDiagnosticsLevel level in Enum.GetValues<RmDiagnosticsLevel>())
        {
            RmState state = NewState(Kind.Malloc, level);
            RmExplanation? explanation = null;
            state.RmAttach(Fakes.Address(1), block => explanation = state.RmExplain(block), 16, Net, 1);
            state.RmRelease(Fakes.Address(1), Net, 2);

            Assert.Equal((RmPointerKind.Gone, RmOperation.Free), (explanation!.Kind, explanation.EndedBy));
            Assert.Equal(
                level == RmDiagnosticsLevel.Counters ? "it was a block of 16 bytes: last released" : "it was a block of 16 bytes: allocated at Net.cs:1, last released at Net.cs:2",
                explanation.ToString());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void OnlyTheLastReleasedAreRemembered(int length)
    {
        RmState state = NewState(Kind.Malloc, quarantine: length);
        nint[] blocks = [.. Enumerable.Range(0, 5).Select(i => Fakes.Address(i, 64))];
        for (int i = 0; i < blocks.Length; i++)
        {
            state.RmAttach(blocks[i], Fakes.Leave, 16, Net, i);
            state.RmRelease(blocks[i], Net, 10 + i);
        }

        Assert.Equal(
            Enumerable.Range(0, 5).Select(i => i >= 5 - length),
            blocks.Select(b => state.RmExplain(b).Kind == RmPointerKind.Gone));
        state.Verify();
        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(blocks[0]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void BlockOfBeforeTheLevelWasRaisedIsRememberedByItsEnd(Kind kind)
    {
        RmState state = NewState(kind, RmDiagnosticsLevel.Counters);
        nint block = state.RmMalloc(48);
        nuint size = state.RmSize(block);
        nint detached = Fakes.Address(1);
        state.RmAttach(detached, Fakes.Leave, 8);
        state.Level = RmDiagnosticsLevel.Sites;
        state.RmRelease(block, Net, 5);
        state.RmDetach(detached, Net, 6);

        Assert.Equal($"it was a block of {size} bytes: last released at Net.cs:5", state.RmExplain(block).ToString());
        Assert.Equal("it was a block of 8 bytes: detached at Net.cs:6", state.RmExplain(detached).ToString());
        state.Verify();
    }

    [Fact]
    public void HeapBlocksOfBeforeTheLevelWasRaisedAreRememberedWhenTheyMoveOrLeave()
    {
        RmState state = NewState(Kind.SizeClassHeap, RmDiagnosticsLevel.Counters);
        nint block = state.RmMalloc(48);
        nint left = state.RmMalloc(48);
        state.Level = RmDiagnosticsLevel.Sites;
        nint moved = state.RmRealloc(block, 100_000, Net, 5);
        state.RmDetach(left, Net, 6);

        Assert.Equal("it was a block of 48 bytes: moved at Net.cs:5", state.RmExplain(block).ToString());
        Assert.Equal("it was a block of 48 bytes: detached at Net.cs:6", state.RmExplain(left).ToString());
        state.RmRelease(moved);
        state.RmAttach(left);
        state.RmRelease(left);
        state.Verify();
    }

    [Fact]
    public void YoungestLifeOfAnAddressIsTold()
    {
        RmState state = NewState(Kind.Malloc);
        for (int i = 0; i < 10; i++)
        {
            state.RmAttach(Fakes.Address(1), Fakes.Leave, (nuint)i, Net, i);
            Assert.Equal(new RmSite(Net, i), state.RmExplain(Fakes.Address(1)).Site);
            state.RmRelease(Fakes.Address(1), Net, 100 + i);
            Assert.Equal($"it was a block of {i} bytes: allocated at Net.cs:{i}, last released at Net.cs:{100 + i}", state.RmExplain(Fakes.Address(1)).ToString());
        }
    }
}
