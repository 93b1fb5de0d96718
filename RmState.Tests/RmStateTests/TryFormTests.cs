using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.RmStateTests;

/// <summary>The Try forms: false instead of an exception, nothing changed, and no violation counted.</summary>
public sealed class TryFormTests : LeakChecked
{
    [Fact]
    public void TheyDoWhatTheOthersDo()
    {
        RmState state = NewState(new RmStateOptions { Allocator = NewAllocator() });

        Assert.True(state.RmTryMalloc(10, out nint plain));
        Assert.True(state.RmTryCalloc(3, 4, out nint zeroed));
        Assert.True(state.RmTryAlignedAlloc(128, 20, out nint aligned));
        Assert.True(state.RmTryRealloc(plain, 30, out plain));
        Assert.True(state.RmTryAttach(Fakes.Address(1), Fakes.Leave, 7));
        Assert.Equal([30u, 12u, 20u, 7u], new[] { plain, zeroed, aligned, Fakes.Address(1) }.Select(state.RmSize));
        Assert.Equal(0, aligned % 128);

        Assert.True(state.RmTryRetain(plain, out long count));
        Assert.Equal(2, count);
        Assert.True(state.RmTryCount(plain, out count));
        Assert.Equal(2, count);
        Assert.True(state.RmTryRelease(plain, out long remaining));
        Assert.Equal(1, remaining);
        Assert.True(state.RmTryRelease(plain, out remaining));
        Assert.Equal(0, remaining);
        Assert.True(state.RmTryDetach(Fakes.Address(1), out remaining));
        Assert.Equal(0, remaining);
        Assert.True(state.RmTrySize(zeroed, out nuint size));
        Assert.Equal(12u, size);

        state.RmRelease(zeroed);
        state.RmRelease(aligned);
    }

    [Fact]
    public void UnknownPointersAreFalse()
    {
        RmState state = NewState();
        nint block = state.RmMalloc(8);
        StateSnapshot before = StateSnapshot.Of(state);
        foreach (nint pointer in new[] { block + 1, Fakes.Address(1), 1, -1, nint.MinValue })
        {
            Assert.False(state.RmTryRetain(pointer, out long count));
            Assert.Equal(0, count);
            Assert.False(state.RmTryRelease(pointer, out long remaining));
            Assert.Equal(0, remaining);
            Assert.False(state.RmTryDetach(pointer, out remaining));
            Assert.Equal(0, remaining);
            Assert.False(state.RmTryCount(pointer, out count));
            Assert.Equal(0, count);
            Assert.False(state.RmTrySize(pointer, out nuint size));
            Assert.Equal(0u, size);
            Assert.False(state.RmTryRealloc(pointer, 10, out nint resized));
            Assert.Equal(0, resized);
        }

        before.AssertUnchanged(state);
        state.RmRelease(block);
    }

    [Fact]
    public void NullIsFalseExceptForRealloc()
    {
        RmState state = NewState();
        StateSnapshot before = StateSnapshot.Of(state);

        Assert.False(state.RmTryAttach(0));
        Assert.False(state.RmTryAttach(0, Fakes.Leave));
        Assert.False(state.RmTryRetain(0, out _));
        Assert.False(state.RmTryRelease(0, out long remaining));
        Assert.Equal(0, remaining);
        Assert.False(state.RmTryDetach(0, out _));
        Assert.False(state.RmTryCount(0, out _));
        Assert.False(state.RmTrySize(0, out _));

        before.AssertUnchanged(state);
    }

    [Fact]
    public void NoMemoryIsFalse()
    {
        var faults = new FaultPlan();
        RmState state = NewState(new RmStateOptions { Allocator = NewAllocator(faults) });
        nint block = state.RmMalloc(8);
        StateSnapshot before = StateSnapshot.Of(state);
        faults.FailFromNow();

        Assert.False(state.RmTryMalloc(8, out nint made));
        Assert.Equal(0, made);
        Assert.False(state.RmTryCalloc(8, 8, out made));
        Assert.Equal(0, made);
        Assert.False(state.RmTryAlignedAlloc(64, 8, out made));
        Assert.Equal(0, made);
        Assert.False(state.RmTryRealloc(block, 80, out made));
        Assert.Equal(0, made);

        before.AssertUnchanged(state);
        state.RmRelease(block);
    }

    [Fact]
    public void NullDeallocatorIsStillAnArgumentError()
    {
        RmState state = NewState();

        Assert.Throws<ArgumentNullException>(() => state.RmTryAttach(Fakes.Address(1), (Action<nint>)null!));

        Assert.Equal(0, state.Statistics.LiveBlocks);
    }
}
