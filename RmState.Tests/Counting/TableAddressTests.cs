using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.Counting;

/// <summary>Any address but 0 is a key: the lowest, the highest, unaligned ones, and those beyond 48 bits.</summary>
public sealed class TableAddressTests : LeakChecked
{
    public static readonly long[] Edges =
    [
        1, 2, 3, 7, 8, 15, 16, 17, 0xFFF, 0x1000, 0xFFFF, 0x1_0000, 0x1_0001,
        uint.MaxValue, 1L << 32, (1L << 47) - 1, 1L << 47, (1L << 48) - 1,
        1L << 48, (1L << 48) + 1, 1L << 52, 1L << 56, (1L << 57) - 1, 1L << 62,
        long.MaxValue, long.MinValue, long.MinValue + 1, -1, -2, -16, -4096,
        unchecked((long)0xFFFF_8000_0000_0000), unchecked((long)0xFFFF_7FFF_FFFF_FFFF), unchecked((long)0xFFFF_0000_0000_0000),
        unchecked((long)0xDEAD_BEEF_DEAD_BEEF),
    ];

    public static TheoryData<long> EdgeData => [.. Edges];

    [Theory]
    [MemberData(nameof(EdgeData))]
    public void LifeOfOneBlock(long address)
    {
        RmState state = NewState(new RmStateOptions { DisposePolicy = RmDisposePolicy.Abandon });
        nint block = (nint)address;
        List<nint> freed = [];
        for (int round = 0; round < 3; round++)
        {
            Assert.False(state.RmContains(block));
            state.RmAttach(block, freed.Add, 10);
            Assert.Throws<AlreadyTrackedException>(() => state.RmAttach(block));
            Assert.Equal(2, state.RmRetain(block));
            Assert.Equal(3, state.RmAttachOrRetain(block));
            Assert.Equal(10u, state.RmSize(block));
            Assert.Equal(new RmBlock(block, 3, 10), Assert.Single(state.RmBlocks));
            state.Verify();
            Assert.Equal(2, state.RmRelease(block));
            Assert.Equal(1, state.RmRelease(block));
            Assert.Equal(0, state.RmRelease(block));
            Assert.Equal(round + 1, freed.Count);
            Assert.Throws<UntrackedPointerException>(() => state.RmRelease(block));

            // Attached without a side of its own, and left again.
            state.RmAttach(block);
            Assert.Equal(2, state.RmRetain(block));
            Assert.False(state.RmTrySize(block, out _));
            Assert.Equal(1, state.RmDetach(block));
            state.Verify();
        }

        Assert.All(freed, b => Assert.Equal(block, b));
    }

    [Fact]
    public void AllEdgesLiveTogether()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1 });
        for (int i = 0; i < Edges.Length; i++)
        {
            state.RmAttach((nint)Edges[i], Fakes.Leave, (nuint)i);
            for (int n = 0; n < i; n++)
            {
                state.RmRetain((nint)Edges[i]);
            }
        }

        Assert.Equal(Edges.Length, state.Statistics.LiveBlocks);
        for (int i = 0; i < Edges.Length; i++)
        {
            Assert.Equal((i + 1, (nuint)i), (state.RmCount((nint)Edges[i]), state.RmSize((nint)Edges[i])));
        }

        Assert.Equal(Edges.Order(), state.RmBlocks.Select(b => (long)b.Address).Order());
        state.Verify();
        state.Reset();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void WideAddressesBehaveLikeOthers(int seed)
    {
        // All bits random: pairs that differ in their high bits only are among them.
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1, Seed = (ulong)seed });
        var random = new Random(seed);
        Dictionary<nint, long> model = [];
        for (int i = 0; i < 50_000; i++)
        {
            nint low = (nint)(random.NextInt64(1, 2000) * 16);
            nint block = low | (nint)((long)random.Next(4) << 48) | (nint)((long)random.Next(2) << 63);
            switch (random.Next(4))
            {
                case 0 when model.TryGetValue(block, out long count):
                    Assert.True(state.RmRelease(block) == count - 1, $"seed {seed}, step {i}");
                    model[block] = count - 1;
                    if (count == 1)
                    {
                        model.Remove(block);
                    }

                    break;
                case 1 when model.Remove(block, out long last):
                    Assert.True(state.RmDetach(block) == last - 1, $"seed {seed}, step {i}");
                    break;
                default:
                    model[block] = model.GetValueOrDefault(block) + 1;
                    Assert.True(state.RmAttachOrRetain(block, Fakes.Leave) == model[block], $"seed {seed}, step {i}");
                    break;
            }
        }

        Assert.Equal(model.Select(m => (m.Key, m.Value)).Order(), state.RmBlocks.Select(b => (b.Address, b.Count)).Order());
        Assert.True(state.LongestProbe <= 64);
        state.Verify();
        state.Reset();
    }

    [Fact]
    public void PagesAndTheirNeighboursDoNotMix()
    {
        RmState state = NewState(new RmStateOptions { InitialCapacity = 1 });
        for (int page = 0; page < 3000; page++)
        {
            nint start = Fakes.Address(page, 4096);
            state.RmAttach(start, Fakes.Leave);
            state.RmAttach(start + 1, Fakes.Leave);
            state.RmAttach(start - 1, Fakes.Leave);
            state.RmRetain(start);
        }

        for (int page = 0; page < 3000; page++)
        {
            nint start = Fakes.Address(page, 4096);
            Assert.Equal((1, 2, 1), (state.RmCount(start - 1), state.RmCount(start), state.RmCount(start + 1)));
            Assert.False(state.RmContains(start + 2));
        }

        state.Reset();
    }
}
