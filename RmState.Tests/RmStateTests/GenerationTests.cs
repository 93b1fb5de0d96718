using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.RmStateTests;

/// <summary>Generations tell the blocks apart that lived at one address after each other.</summary>
public sealed class GenerationTests : LeakChecked
{
    [Fact]
    public void GenerationStaysWhileTheBlockLives()
    {
        RmState state = NewState();
        nint block = Fakes.Address(1);
        state.RmAttach(block, Fakes.Leave);

        ulong generation = state.EnsureGeneration(block);
        state.RmRetain(block);
        state.RmRelease(block);

        Assert.NotEqual(0u, generation);
        Assert.Equal(generation, state.EnsureGeneration(block));
        Assert.True(state.HasGeneration(block, generation));
        Assert.False(state.HasGeneration(block, generation + 1));
        state.RmRelease(block);
        Assert.False(state.HasGeneration(block, generation));
    }

    [Fact]
    public void NextBlockAtTheAddressHasAnother()
    {
        var allocator = new ScriptedAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        HashSet<ulong> seen = [];
        for (int i = 0; i < 1000; i++)
        {
            allocator.Next = Fakes.Address(1);
            nint block = state.RmMalloc(8);
            Assert.DoesNotContain(seen, g => state.HasGeneration(block, g));
            Assert.True(seen.Add(state.EnsureGeneration(block)), "a generation came twice");
            Assert.Equal(8u, state.RmSize(block));
            Assert.Equal(0, state.RmRelease(block));
        }

        state.Verify();
    }

    [Fact]
    public void GenerationSurvivesWideCountsReallocInPlaceGrowthAndTrim()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, Allocator = NewAllocator() });
        nint block = state.RmAlignedAlloc(64, 100);
        ulong generation = state.EnsureGeneration(block);
        for (int i = 0; i < 70_000; i++)
        {
            state.RmRetain(block);
        }

        for (int i = 0; i < 5000; i++)
        {
            state.RmAttach(Fakes.Address(i), Fakes.Leave);
        }

        Assert.True(state.HasGeneration(block, generation));
        for (int i = 0; i < 5000; i++)
        {
            state.RmRelease(Fakes.Address(i));
        }

        Assert.True(state.Trim());
        for (int i = 0; i < 70_000; i++)
        {
            state.RmRelease(block);
        }

        Assert.True(state.HasGeneration(block, generation));
        Assert.Equal((1, 100u), (state.RmCount(block), state.RmSize(block)));
        Assert.Equal(0, state.RmRelease(block));
        Assert.False(state.HasGeneration(block, generation));
    }
}
