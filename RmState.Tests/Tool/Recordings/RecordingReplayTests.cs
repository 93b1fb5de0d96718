using Rm.Diagnostics;
using Rm.Tests.Diagnostics;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Tests.Tool.Traces;
using Rm.Tool.Recordings;
using Rm.Tool.Replay;
using Rm.Tool.Traces;
using Rm.Violations;

namespace Rm.Tests.Tool.Recordings;

/// <summary>What a state did can be done again on another, and any difference to the model is seen.</summary>
public sealed class RecordingReplayTests : LeakChecked
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RandomWorkReplaysWithoutADifference(bool overArena)
    {
        RmState state = NewState();
        var work = new RandomWork(state, seed: 11);
        work.Run(300);
        byte[] file = RecordingFiles.Of(state, () => work.Run(20_000));
        int live = work.Live;
        work.ReleaseAll();

        RecordingSide side = Replay(file, overArena ? ReplayAllocator.Arena : ReplayAllocator.Malloc);
        Assert.Empty(side.Messages);
        Assert.Equal(live, side.LiveAtEnd);
        Assert.InRange(side.Checks, 20_000, long.MaxValue);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EverythingThatHappensToBlocksReplays(bool overArena)
    {
        using var state = new RmState(new RmStateOptions { DisposePolicy = RmDisposePolicy.Abandon });
        nint before = state.RmMalloc(40);
        state.RmRetain(before);
        byte[] file = RecordingFiles.Of(state, () =>
        {
            nint attached = state.RmMalloc(5000);
            state.RmDetach(attached);
            state.RmAttach(attached, 5000);
            attached = state.RmRealloc(attached, 9000);
            nint shared = state.RmCalloc(10, 1000);
            state.RmRetain(shared);
            Assert.Throws<SharedBlockException>(() => state.RmRealloc(shared, 1));
            Assert.Throws<AlreadyTrackedException>(() => state.RmAttach(shared));
            Assert.Throws<UntrackedPointerException>(() => state.RmRetain(shared + 1));
            state.RmAttach(Fakes.Address(3), _ => Assert.Throws<FinalizingBlockException>(() => state.RmRelease(Fakes.Address(3))));
            state.RmRelease(Fakes.Address(3));
            nint aligned = state.RmAlignedAlloc(4096, 10);
            aligned = state.RmRealloc(aligned, 100_000);
            state.RmRelease(aligned);
            Assert.Throws<UntrackedPointerException>(() => state.RmRelease(aligned));
            state.RmRelease(attached);
            state.RmRelease(shared);
            state.RmRelease(shared);
            state.RmRelease(before);
            state.RmRelease(before);
            state.RmAttach(Fakes.Address(3), Fakes.Leave);
            state.Dispose();
        });

        RecordingSide side = Replay(file, overArena ? ReplayAllocator.Arena : ReplayAllocator.Malloc);
        Assert.Empty(side.Messages);
        Assert.Equal(0, side.LiveAtEnd);
    }

    [Fact]
    public void WhatAStateFreesAtItsEndIsFreed()
    {
        byte[] file = RecordingFiles.Of(state =>
        {
            nint a = state.RmMalloc(16);
            state.RmRetain(a);
            state.RmRetain(a);
        });

        RecordingSide side = Replay(file, ReplayAllocator.Malloc);
        Assert.Empty(side.Messages);
        Assert.Equal(0, side.LiveAtEnd);
    }

    [Fact]
    public void FreeOfASharedBlockIsADifference()
    {
        byte[] file = new RecordingWriting()
            .Event(RecordingOp.Malloc, 0, 2, 8)
            .Event(RecordingOp.Retain, 0, 0)
            .Event(RecordingOp.Free, 0, 0)
            .ToArray();

        Assert.Equal("event 2: object 0 is freed with a count of 2", Replay(file, ReplayAllocator.Malloc).Messages[0]);
    }

    [Fact]
    public void ReleaseThatLeavesNothingIsADifference()
    {
        byte[] file = new RecordingWriting()
            .Event(RecordingOp.Malloc, 0, 2, 8)
            .Event(RecordingOp.Release, 0, 0)
            .Event(RecordingOp.Malloc, 0, 2, 8)
            .ToArray();

        Assert.Equal("event 1: object 0 is released and lives on with a count of 1", Replay(file, ReplayAllocator.Malloc).Messages[0]);
    }

    [Fact]
    public void StateThatMissesSomethingIsADifference()
    {
        byte[] file = RecordingFiles.Of(state =>
        {
            nint a = state.RmMalloc(16);
            state.RmRetain(a);
        });
        RmState state = NewState();
        var tally = new ReplayTally();
        using var replay = new RecordingReplay(state, heap: null, tally, verifyEvery: 1);
        foreach (RecordedEvent read in RecordingFiles.Read(file).Where(e => !e.WithoutCaller))
        {
            replay.Do(read, default);
        }

        state.RmRelease(state.RmBlocks.Single().Address);
        replay.Audit();

        Assert.Contains(tally.Messages, m => m.EndsWith("object 0 has a count of 1, should be 2", StringComparison.Ordinal));
        state.RmRelease(state.RmBlocks.Single().Address);
    }

    [Fact]
    public void CountThatTakesForeverIsRefused()
    {
        byte[] file = new RecordingWriting().Event(RecordingOp.Live, 0, 2, long.MaxValue).ToArray();

        Assert.Contains(
            "is the most that can be replayed",
            Assert.Throws<TraceException>(() => Replay(file, ReplayAllocator.Malloc)).Message,
            StringComparison.Ordinal);
    }

    private static RecordingSide Replay(byte[] file, ReplayAllocator allocator) => RecordingRunner.Run(allocator, verifyEvery: 100, replay =>
    {
        foreach (RecordedEvent read in RecordingFiles.Read(file, out RecordingReader reader))
        {
            replay.Do(read, reader.Sites[read.Site]);
        }
    });
}
