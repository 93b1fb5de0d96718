using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.RmStateTests;

/// <summary>Counts far beyond what fits beside a pointer, up to the largest there is.</summary>
public sealed class WideCountTests : LeakChecked
{
    // Addresses that fit 48 bits and such that do not.
    public static TheoryData<long> Addresses => [Fakes.Base, 0x10, 1, -1, long.MinValue, 1L << 48, unchecked((long)0xFFFF_8000_0000_0000)];

    [Theory]
    [MemberData(nameof(Addresses))]
    public void SeventyThousandReferencesAndBack(long address)
    {
        RmState state = NewState();
        nint block = (nint)address;
        int deallocated = 0;
        state.RmAttach(block, _ => deallocated++, size: 12);
        for (long count = 2; count <= 70_001; count++)
        {
            Assert.Equal(count, state.RmRetain(block));
        }

        Assert.Equal(70_001, state.RmCount(block));
        Assert.Equal(new RmBlock(block, 70_001, 12), Assert.Single(state.RmBlocks));
        state.Verify();
        for (long count = 70_000; count >= 0; count--)
        {
            Assert.Equal(0, deallocated);
            Assert.Equal(count, state.RmRelease(block));
        }

        Assert.Equal(1, deallocated);
        Assert.False(state.RmContains(block));
        Assert.Equal((70_000, 70_001), (state.Statistics.Retains, state.Statistics.Releases));
        state.Verify();
    }

    [Fact]
    public void OwnBlockKeepsItsSizeAndAllocatorThroughWideCounts()
    {
        CountingAllocator allocator = NewAllocator();
        RmState state = NewState(new RmStateOptions { Allocator = allocator });
        nint block = state.RmAlignedAlloc(256, 1000);
        nint plain = state.RmMalloc(33);
        foreach (nint each in new[] { block, plain })
        {
            for (int i = 0; i < 70_000; i++)
            {
                state.RmRetain(each);
            }
        }

        Assert.Equal((70_001, 1000u), (state.RmCount(block), state.RmSize(block)));
        Assert.Equal((70_001, 33u), (state.RmCount(plain), state.RmSize(plain)));
        foreach (nint each in new[] { plain, block })
        {
            for (int i = 0; i < 70_000; i++)
            {
                state.RmRelease(each);
            }
        }

        Assert.Equal((1, 1000u), (state.RmCount(block), state.RmSize(block)));
        block = state.RmRealloc(block, 2000);
        Assert.Equal(0, block % 256);
        Assert.Equal(0, state.RmRelease(block));
        Assert.Equal(0, state.RmRelease(plain));
        Assert.Equal(0, allocator.Outstanding);
    }

    [Theory]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(16_383)]
    [InlineData(32_767)]
    [InlineData(1L << 31)]
    [InlineData(1L << 32)]
    [InlineData(1L << 47)]
    public void EveryThresholdIsCrossedBothWays(long around)
    {
        RmState state = NewState();
        nint block = Fakes.Address(1);
        state.RmAttach(block, Fakes.Leave);
        state.PresetCount(block, around - 5);
        for (int round = 0; round < 5; round++)
        {
            for (long count = around - 4; count <= around + 5; count++)
            {
                Assert.Equal(count, state.RmRetain(block));
                Assert.Equal(count, state.RmCount(block));
            }

            state.Verify();
            for (long count = around + 4; count >= around - 5; count--)
            {
                Assert.Equal(count, state.RmRelease(block));
                Assert.Equal(count, state.RmCount(block));
            }

            state.Verify();
        }

        Assert.Equal(around - 6, state.RmDetach(block));
    }

    [Fact]
    public void OverflowIsRefusedAndTheCountUnchanged()
    {
        RmState state = NewState();
        nint block = Fakes.Address(1);
        state.RmAttach(block, Fakes.Leave);
        state.PresetCount(block, long.MaxValue - 2);

        Assert.Equal(long.MaxValue - 1, state.RmRetain(block));
        Assert.Equal(long.MaxValue, state.RmAttachOrRetain(block));
        for (int i = 0; i < 3; i++)
        {
            Assert.Throws<OverflowException>(() => state.RmRetain(block));
            Assert.Throws<OverflowException>(() => state.RmAttachOrRetain(block));
            Assert.Throws<OverflowException>(() => state.RmAttachOrRetain(block, Fakes.Leave));
            Assert.Equal(long.MaxValue, state.RmCount(block));
        }

        Assert.Equal(long.MaxValue - 1, state.RmRelease(block));
        Assert.Equal(long.MaxValue, state.RmRetain(block));
        Assert.Equal(long.MaxValue - 1, state.RmDetach(block));
    }

    [Fact]
    public void TryRetainNeverWrapsEither()
    {
        RmState state = NewState();
        nint block = Fakes.Address(1);
        state.RmAttach(block, Fakes.Leave);
        state.PresetCount(block, long.MaxValue);

        bool retained = true;
        try
        {
            retained = state.RmTryRetain(block, out _);
        }
        catch (OverflowException)
        {
            retained = false;
        }

        Assert.False(retained);
        Assert.Equal(long.MaxValue, state.RmCount(block));
        state.RmDetach(block);
    }

    [Fact]
    public void WideCountSurvivesGrowthAndTrim()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, Seed = 3 });
        for (int i = 0; i < 50; i++)
        {
            state.RmAttach(Fakes.Address(i), Fakes.Leave, (nuint)i);
            state.PresetCount(Fakes.Address(i), 1_000_000_000_000 + i);
        }

        for (int i = 50; i < 20_000; i++)
        {
            state.RmAttach(Fakes.Address(i), Fakes.Leave);
        }

        for (int i = 50; i < 20_000; i++)
        {
            state.RmRelease(Fakes.Address(i));
        }

        Assert.True(state.Trim());
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal((1_000_000_000_000 + i, (nuint)i), (state.RmCount(Fakes.Address(i)), state.RmSize(Fakes.Address(i))));
        }

        state.Verify();
        state.Reset();
    }
}
