using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>The promises of the design, one test a promise; the details are in the tests of each concern.</summary>
public sealed unsafe class PromiseTests : LeakChecked
{
    private static readonly nint A = Fakes.Address(1);
    private static readonly nint B = Fakes.Address(2);

    [Fact]
    public void SizeZeroIsAUniqueNonNullBlockOfSizeZero()
    {
        RmState state = NewState();
        nint[] blocks = [.. Enumerable.Range(0, 100).Select(_ => state.RmMalloc(0))];

        Assert.Equal(100, blocks.Distinct().Count(b => b != 0));
        Assert.All(blocks, b => Assert.Equal(0u, state.RmSize(b)));
        Assert.All(blocks, b => state.RmRelease(b));
    }

    [Fact]
    public void SizeOverflowIsOutOfMemoryAndNothingChanged()
    {
        RmState state = NewState();
        StateSnapshot before = StateSnapshot.Of(state);

        Assert.Throws<OutOfMemoryException>(() => state.RmCalloc(nuint.MaxValue / 2, 3));
        Assert.False(state.RmTryCalloc(nuint.MaxValue / 2, 3, out _));

        before.AssertUnchanged(state);
    }

    [Fact]
    public void NoMemoryIsOutOfMemoryAndTheCallerOwnsWhatItOwned()
    {
        var faults = new FaultPlan();
        CountingAllocator allocator = NewAllocator(faults);
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(8);
        StateSnapshot before = StateSnapshot.Of(state);
        faults.FailFromNow();

        Assert.Throws<OutOfMemoryException>(() => state.RmMalloc(8));
        Assert.Throws<OutOfMemoryException>(() => state.RmRealloc(block, 80));
        Assert.False(state.RmTryMalloc(8, out _));

        before.AssertUnchanged(state);
        Assert.True(allocator.Holds(block));
        state.RmRelease(block);
    }

    [Fact]
    public void ResultsAreTheNewAndTheRemainingCount()
    {
        RmState state = NewState();
        state.RmAttach(A, Fakes.Leave);

        Assert.Equal(2, state.RmRetain(A));
        Assert.True(state.RmTryRetain(A, out long count));
        Assert.Equal(3, count);
        Assert.Equal(2, state.RmRelease(A));
        Assert.True(state.RmTryRelease(A, out long remaining));
        Assert.Equal(1, remaining);
        Assert.Equal(0, state.RmRelease(A));
    }

    [Fact]
    public void NullIsAnArgumentErrorAndReleaseOfNullDoesNothing()
    {
        RmState state = NewState();
        Assert.Throws<ArgumentNullException>(() => state.RmRetain(0));
        Assert.Throws<ArgumentNullException>(() => state.RmAttach(0));
        Assert.Throws<ArgumentNullException>(() => state.RmDetach(0));
        Assert.Equal(0, state.RmRelease(0));
        Assert.Equal(0, state.Statistics.Releases);
    }

    [Fact]
    public void UnknownPointerIsAViolationWithThePointer()
    {
        RmState state = NewState();
        UntrackedPointerException violation = Assert.Throws<UntrackedPointerException>(() => state.RmRetain(A));
        Assert.Equal(A, violation.Block);
        Assert.IsAssignableFrom<InvalidOperationException>(violation);
        Assert.False(state.RmTryRetain(A, out _));
    }

    [Fact]
    public void AttachOfATrackedPointerIsRefusedAndAttachOrRetainIsNot()
    {
        RmState state = NewState();
        state.RmAttach(A, Fakes.Leave);

        Assert.Throws<AlreadyTrackedException>(() => state.RmAttach(A, Fakes.Leave));
        Assert.Equal(1, state.RmCount(A));
        Assert.Equal(2, state.RmAttachOrRetain(A, Fakes.Leave));
        state.RmDetach(A);
    }

    [Fact]
    public void CountNeverWraps()
    {
        RmState state = NewState();
        state.RmAttach(A, Fakes.Leave);
        state.PresetCount(A, long.MaxValue);

        Assert.Throws<OverflowException>(() => state.RmRetain(A));

        Assert.Equal(long.MaxValue, state.RmCount(A));
        state.RmDetach(A);
    }

    [Fact]
    public void DetachReturnsTheRemainingCountAndDoesNotFree()
    {
        RmState state = NewState();
        state.RmAttach(A, _ => Assert.Fail("detached"));
        state.RmRetain(A);

        Assert.Equal(1, state.RmDetach(A));
        Assert.False(state.RmContains(A));
    }

    [Fact]
    public void DeallocatorThatThrowsLeavesTheBlockGoneOnceAndTheExceptionSurfaces()
    {
        RmState state = NewState();
        int calls = 0;
        bool otherGone = false;
        state.RmAttach(B, _ => otherGone = true);
        state.RmAttach(A, _ =>
        {
            calls++;
            state.RmRelease(B);
            throw new FormatException();
        });

        Assert.Throws<FormatException>(() => state.RmRelease(A));

        Assert.True(otherGone);
        Assert.Equal((1, 0), (calls, state.Statistics.LiveBlocks));
    }

    [Fact]
    public void DeallocatorMayReenterTheState()
    {
        RmState state = NewState();
        int freed = 0;
        for (int i = 0; i < 50_000; i++)
        {
            state.RmAttach(Fakes.Address(i), b =>
            {
                freed++;
                state.RmTryRelease(b + 16, out _);
            });
        }

        state.RmRelease(Fakes.Address(0));

        Assert.Equal(50_000, freed);
    }

    [Fact]
    public void BlockInItsOwnDeallocatorIsFinalizing()
    {
        RmState state = NewState();
        bool ran = false;
        state.RmAttach(A, b =>
        {
            Assert.Equal(0, state.RmCount(b));
            Assert.Throws<FinalizingBlockException>(() => state.RmRetain(b));
            Assert.Throws<FinalizingBlockException>(() => state.RmAttach(b));
            ran = true;
        });

        state.RmRelease(A);

        Assert.True(ran);
    }

    [Fact]
    public void AddressStillTrackedIsReportedWhenTheAllocatorReturnsIt()
    {
        var allocator = new ScriptedAllocator();
        int reports = 0;
        RmState state = NewState(new RmStateOptions { Allocator = allocator, OnViolation = _ => reports++ });
        nint block = state.RmMalloc(8);
        state.RmRetain(block);
        allocator.Next = block;

        Assert.Equal(block, state.RmMalloc(9));

        Assert.Equal((1, 1), (reports, state.RmCount(block)));
        state.RmRelease(block);
    }

    [Fact]
    public void ReleaseNeedsNoMemory()
    {
        var faults = new FaultPlan();
        RmState state = NewState(new RmStateOptions
        {
            InitialCapacity = 1,
            Allocator = NewAllocator(faults),
            TableMemory = NewTableMemory(faults),
        });
        nint[] blocks = [.. Enumerable.Range(0, 1000).Select(_ => state.RmMalloc(8))];
        faults.FailFromNow();

        Assert.All(blocks, b => Assert.Equal(0, state.RmRelease(b)));

        Assert.Equal(0, faults.Refused);
    }

    [Fact]
    public void DisposeIsIdempotentAndReportsBeforeItFrees()
    {
        List<string> order = [];
        RmState state = NewState(new RmStateOptions { OnLeak = _ => order.Add("report") });
        state.RmAttach(A, _ => order.Add("free"));

        state.Dispose();
        state.Dispose();

        Assert.Equal(["report", "free"], order, StringComparer.Ordinal);
    }

    [Fact]
    public void UseAfterDisposeIsRefused()
    {
        RmState state = NewState();
        state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => state.RmMalloc(1));
        Assert.Throws<ObjectDisposedException>(() => state.RmRelease(0));
    }

    [Fact]
    public void OverlapIsDetectedAndHandOverIsNot()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmMalloc(8);
        OnThread.Run(() => Assert.Equal(2, state.RmRetain(block)));
        Exception? overlap = null;
        allocator.OnRequest = () => overlap = Record.Exception(() => state.RmRetain(block));

        state.RmRelease(state.RmMalloc(8));

        Assert.IsType<ConcurrentUseException>(overlap);
        Assert.Equal(1, state.RmRelease(block));
        state.RmRelease(block);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-4096)]
    [InlineData(int.MaxValue)]
    public void BadOptionsAreRefusedAtConstruction(int capacity) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RmState(new RmStateOptions { InitialCapacity = capacity }));

    [Fact]
    public void BlockOfTheDefaultAllocatorIsLibCsAndMayBeFreedByNativeCodeAfterDetach()
    {
        RmState state = NewState();
        nint block = state.RmMalloc(64);
        Assert.Equal(0, state.RmDetach(block));

        // glibc aborts the process on a pointer that is not its own.
        LibC.Free((void*)block);
        Assert.Equal(0, state.Statistics.LiveBlocks);
    }

    [Fact]
    public void CallSitesCarryFileAndLine()
    {
        string[] carriers =
        [
            "RmMalloc", "RmCalloc", "RmAlignedAlloc", "RmRealloc", "RmAttach", "RmAttachOrRetain", "RmRetain", "RmRelease", "RmDetach",
        ];
        System.Reflection.MethodInfo[] methods =
        [
            .. typeof(RmState).GetMethods()
                .Where(m => carriers.Contains(m.Name.Replace("RmTry", "Rm", StringComparison.Ordinal), StringComparer.Ordinal)),
        ];

        Assert.True(methods.Length >= 30, $"{methods.Length} methods");
        Assert.All(methods, m => Assert.True(
            m.GetParameters() is [.., { Name: "file", HasDefaultValue: true }, { Name: "line", HasDefaultValue: true }],
            m.ToString()));
    }
}
