using Rm.Tests.Faults;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>What a state does about a misuse: it throws, reports or breaks, and changes nothing in any case.</summary>
public sealed class ViolationPolicyTests : DiagnosedStates
{
    [Theory]
    [MemberData(nameof(Kinds))]
    public void UnderReportEveryCallReturnsNothingAndTellsOnce(Kind kind)
    {
        RmState state = NewState(kind, policy: RmViolationPolicy.Report);
        nint known = state.RmMalloc(8);
        nint shared = state.RmMalloc(8);
        nint foreign = Fakes.Address(2);
        state.RmRetain(shared);
        state.RmAttach(foreign, Fakes.Leave);
        nint unknown = Fakes.Address(1);
        nint variable = unknown;
        (Type Violation, nint Block, Func<long> Call)[] misuses =
        [
            (typeof(UntrackedPointerException), unknown, () => state.RmRetain(unknown)),
            (typeof(UntrackedPointerException), unknown, () => state.RmRelease(unknown)),
            (typeof(UntrackedPointerException), unknown, () => state.RmRelease(ref variable)),
            (typeof(UntrackedPointerException), unknown, () => state.RmDetach(unknown)),
            (typeof(UntrackedPointerException), unknown, () => state.RmRealloc(unknown, 9)),
            (typeof(UntrackedPointerException), unknown, () => state.RmRetainAs(unknown).Block),
            (typeof(SharedBlockException), shared, () => state.RmRealloc(shared, 9)),
            (typeof(ForeignBlockException), foreign, () => state.RmRealloc(foreign, 9)),
            (typeof(AlreadyTrackedException), known, () => Zero(() => state.RmAttach(known))),
            (typeof(AlreadyTrackedException), known, () => Zero(() => state.RmAttach(known, 8))),
            (typeof(AlreadyTrackedException), foreign, () => Zero(() => state.RmAttach(foreign, Fakes.Leave))),
        ];
        long violations = 0;
        foreach ((Type violation, nint block, Func<long> call) in misuses)
        {
            StateSnapshot before = StateSnapshot.Of(state);
            Reported.Clear();
            Assert.Equal(0, call());
            MemoryViolationException reported = Assert.Single(Reported);
            Assert.IsType(violation, reported);
            Assert.Equal(block, reported.Block);
            before.AssertUnchanged(state, newViolations: 1);
            Assert.Equal(++violations, state.Statistics.Violations);
        }

        Assert.Equal(unknown, variable);
        state.RmRelease(known);
        ReleaseAll(state, shared);
        state.RmRelease(foreign);
    }

    [Fact]
    public void UnderReportHeldAndFinalizingBlocksAreTold()
    {
        RmState state = NewState(Kind.Malloc, policy: RmViolationPolicy.Report);
        nint block = state.RmMalloc(8);
        RmHold hold = state.RmRetainAs(block);
        state.RmRelease(block);
        StateSnapshot before = StateSnapshot.Of(state);
        Assert.Equal(0, state.RmRelease(block));
        Assert.Equal(0, state.RmRealloc(block, 9));
        Assert.All(Reported, v => Assert.IsType<HeldBlockException>(v));
        Assert.Equal(2, Reported.Count);
        before.AssertUnchanged(state, newViolations: 2);
        hold.Dispose();

        Reported.Clear();
        state.RmAttach(Fakes.Address(1), finalizing =>
        {
            Assert.Equal(0, state.RmRetain(finalizing));
            Assert.Equal(0, state.RmRelease(finalizing));
            Assert.Equal(0, state.RmDetach(finalizing));
            Assert.Equal(0, state.RmRealloc(finalizing, 8));
            Assert.Equal(default, state.RmRetainAs(finalizing));
            Assert.Equal(0, state.RmAttachOrRetain(finalizing, Fakes.Leave));
            state.RmAttach(finalizing, Fakes.Leave);
        });
        state.RmRelease(Fakes.Address(1));
        Assert.Equal(7, Reported.Count);
        Assert.All(Reported, v => Assert.IsType<FinalizingBlockException>(v));
        state.Verify();
    }

    [Fact]
    public void UnderReportTryFormsAndArgumentsAreAsEver()
    {
        RmState state = NewState(Kind.Malloc, policy: RmViolationPolicy.Report);
        Assert.False(state.RmTryRetain(Fakes.Address(1), out _));
        Assert.False(state.RmTryRelease(Fakes.Address(1), out _));
        Assert.False(state.RmTryDetach(Fakes.Address(1), out _));
        Assert.False(state.RmTryRealloc(Fakes.Address(1), 8, out _));
        Assert.Throws<ArgumentNullException>(() => state.RmRetain(0));
        Assert.Throws<OutOfMemoryException>(() => state.RmMalloc(nuint.MaxValue));
        Assert.Empty(Reported);

        // A lookup has nothing to answer.
        Assert.Throws<UntrackedPointerException>(() => state.RmCount(Fakes.Address(1)));
        Assert.Throws<UntrackedPointerException>(() => state.RmWhoHolds(Fakes.Address(1)));
        state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => state.RmRetain(Fakes.Address(1)));
    }

    [Fact]
    public void ReportNeedsSomebodyToTell() => Assert.Throws<ArgumentException>(() => new RmState(new RmStateOptions { ViolationPolicy = RmViolationPolicy.Report }));

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void UnknownPolicyIsRefused(int policy) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RmState(new RmStateOptions { ViolationPolicy = (RmViolationPolicy)policy }));

    [Fact]
    public void WhatTheReportThrowsSurfaces()
    {
        RmState state = NewState(new RmStateOptions { ViolationPolicy = RmViolationPolicy.Report, OnViolation = v => throw v });
        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(Fakes.Address(1)));
        state.Verify();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void BreakBreaksOnceAndThrows(Kind kind)
    {
        int broke = 0;
        RmState state = NewState(kind, policy: RmViolationPolicy.Break, broke: () => broke++);
        nint block = state.RmMalloc(8);
        RmHold hold = state.RmRetainAs(block);
        state.RmRelease(block);
        Assert.Equal(0, broke);
        Action[] calls =
        [
            () => state.RmRetain(Fakes.Address(1)), () => state.RmRelease(Fakes.Address(1)), () => state.RmDetach(Fakes.Address(1)),
            () => state.RmRealloc(Fakes.Address(1), 8), () => state.RmRetainAs(Fakes.Address(1)), () => state.RmRelease(block),
            () => state.RmAttach(block), () => state.RmCount(Fakes.Address(1)),
        ];
        for (int i = 0; i < calls.Length; i++)
        {
            Assert.ThrowsAny<MemoryViolationException>(calls[i]);
            Assert.Equal(i + 1, broke);
        }

        Assert.False(state.RmTryRelease(Fakes.Address(1), out _));
        Assert.Equal(calls.Length, broke);
        Assert.Empty(Reported);
        Assert.Equal(calls.Length, state.Statistics.Violations);
        hold.Dispose();
    }

    [Fact]
    public void ThrowNeitherBreaksNorReports()
    {
        RmState state = NewState(Kind.Malloc);
        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(Fakes.Address(1)));
        Assert.Empty(Reported);
    }

    private static long Zero(Action call)
    {
        call();
        return 0;
    }
}
