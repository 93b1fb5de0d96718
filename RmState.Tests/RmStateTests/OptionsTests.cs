using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>How a state is made, and what it refuses to be made of.</summary>
public sealed class OptionsTests : LeakChecked
{
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(1_073_741_825)]
    [InlineData(int.MaxValue)]
    public void InitialCapacityOutOfRangeIsRefused(int capacity)
    {
        var options = new RmStateOptions { InitialCapacity = capacity };
        ArgumentOutOfRangeException e = Assert.Throws<ArgumentOutOfRangeException>(() => new RmState(options));
        Assert.Contains(nameof(RmStateOptions.InitialCapacity), e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData((RmDisposePolicy)3)]
    [InlineData((RmDisposePolicy)(-1))]
    public void UnknownDisposePolicyIsRefused(RmDisposePolicy policy) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RmState(new RmStateOptions { DisposePolicy = policy }));

    [Fact]
    public void NullOptionsAreRefused() => Assert.Throws<ArgumentNullException>(() => new RmState(null!));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1000)]
    [InlineData(4096)]
    [InlineData(1 << 20)]
    public void InitialCapacityIsOnlyAHint(int capacity)
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = capacity });
        state.RmRelease(state.RmMalloc(1));
        Assert.True(state.Statistics.Capacity >= capacity, $"{state.Statistics.Capacity} slots");
        Assert.True(long.IsPow2(state.Statistics.Capacity));
        for (int i = 0; i < 10_000; i++)
        {
            state.RmAttach(Fakes.Address(i), Fakes.Leave);
        }

        for (int i = 0; i < 10_000; i++)
        {
            Assert.Equal(1, state.RmCount(Fakes.Address(i)));
        }

        Assert.True(state.Statistics.Capacity > 10_000);
        state.Reset();
    }

    [Fact]
    public void HugeInitialCapacityIsServedOrOutOfMemory()
    {
        // 8 GiB of slots, most never touched: a system that commits lazily has room.
        try
        {
            using var state = new RmState(new RmStateOptions { InitialCapacity = 1 << 30 });
            state.RmRelease(state.RmMalloc(8));
            Assert.Equal(1 << 30, state.Statistics.Capacity);
        }
        catch (OutOfMemoryException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }

    [Fact]
    public void OptionsMayServeManyStates()
    {
        var options = new RmStateOptions { Name = "shared", Allocator = NewAllocator() };
        RmState first = NewState(options);
        RmState second = NewState(options);

        nint block = first.RmMalloc(8);

        Assert.Equal(("shared", "shared"), (first.Name, second.Name));
        Assert.False(second.RmContains(block));
        first.RmRelease(block);
    }

    [Fact]
    public void NameIsOptionalAndShows()
    {
        RmState named = NewState(new RmStateOptions { Name = "frames" });
        RmState unnamed = NewState();

        Assert.Equal("frames", named.Name);
        Assert.Null(unnamed.Name);
        Assert.Contains("frames", named.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(unnamed.ToString()!);
        named.Dispose();
        Assert.Equal("frames", named.Name);
        Assert.Contains("frames", named.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void NewStateIsEmpty()
    {
        RmState state = NewState();

        Assert.Empty(state.RmBlocks);
        Assert.False(state.IsDisposed);
        Assert.Null(state.LastReport);
        Assert.Equal(new RmStatistics { Capacity = state.Statistics.Capacity, TableBytes = state.Statistics.TableBytes }, state.Statistics);
        Assert.False(state.RmContains(Fakes.Address(1)));
        Assert.Throws<UntrackedPointerException>(() => state.RmRelease(Fakes.Address(1)));
        state.Verify();
    }

    [Fact]
    public void NoMemoryForTheFirstTableIsOutOfMemoryAndLeaksNothing()
    {
        var faults = new FaultPlan();
        RmState state = NewState(new RmStateOptions { Allocator = NewAllocator(), TableMemory = NewTableMemory(faults) });
        faults.FailFromNow();

        Assert.Throws<OutOfMemoryException>(() => state.RmMalloc(8));
        Assert.Throws<OutOfMemoryException>(() => state.RmAttach(Fakes.Address(1)));
        Assert.Throws<OutOfMemoryException>(() => state.RmAttach(Fakes.Address(1), Fakes.Leave));
        Assert.False(state.RmTryMalloc(8, out _));
        Assert.False(state.RmTryAttach(Fakes.Address(1)));

        Assert.Equal((0, 0), (state.Statistics.LiveBlocks, state.Statistics.Violations));
        faults.Stop();
        Assert.Equal(0, state.RmRelease(state.RmMalloc(8)));
    }
}
