using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Counting;

/// <summary>No regular pattern of addresses makes long probes: strides are what allocators produce.</summary>
public sealed class TableProbeTests : LeakChecked
{
    private const int Most = 1 << 17;

    // Early, around growths of the table, and at the end.
    private static readonly int[] Checkpoints = [100, 1000, 4095, 4097, 20_000, 65_535, 65_537, 100_000, Most];

    public static TheoryData<int> Shifts => [.. Enumerable.Range(0, 31)];

    [Theory]
    [MemberData(nameof(Shifts))]
    public void StridesKeepProbesShort(int shift)
    {
        long stride = 1L << shift;
        foreach (long each in new[] { stride - 1, stride, stride + 1 }.Where(s => s > 0))
        {
            for (ulong seed = 1; seed <= 3; seed++)
            {
                AssertShortProbes(each, seed, i => (nint)(Fakes.Base + (i * each)));
            }
        }
    }

    [Fact]
    public void AddressesOfMallocKeepProbesShort()
    {
        foreach (int size in new[] { 16, 100, 1000 })
        {
            RmState state = NewState();
            nint[] blocks = [.. Enumerable.Range(0, 50_000).Select(_ => state.RmMalloc((nuint)size))];
            Assert.True(state.LongestProbe <= 64, $"size {size}: {state.LongestProbe} slots");
            Assert.All(blocks, b => state.RmRelease(b));
        }
    }

    [Fact]
    public void RandomAddressesKeepProbesShort()
    {
        for (ulong seed = 1; seed <= 3; seed++)
        {
            // Distinct: an odd multiplier permutes the addresses of 48 bits.
            AssertShortProbes(-1, seed, i => unchecked((nint)((ulong)(i + 1) * 0x9E3779B97F4A7C15UL & 0xFFFF_FFFF_FFFF)));
        }
    }

    [Fact]
    public void SeveralHeapsOfDifferentStridesKeepProbesShort()
    {
        for (ulong seed = 1; seed <= 3; seed++)
        {
            AssertShortProbes(-2, seed, i => (nint)(Fakes.Base + ((i % 4) << 40) + (i / 4 * (16L << (int)(i % 4 * 4)))));
        }
    }

    private static void AssertShortProbes(long stride, ulong seed, Func<long, nint> address)
    {
        using var state = new RmState(new RmStateOptions { InitialCapacity = 1, Seed = seed, DisposePolicy = RmDisposePolicy.Abandon });
        long attached = 0;
        foreach (int checkpoint in Checkpoints)
        {
            for (; attached < checkpoint; attached++)
            {
                state.RmAttach(address(attached));
            }

            int longest = state.LongestProbe;
            if (longest is < 1 or > 64)
            {
                Assert.Fail($"stride {stride}, seed {seed}, {attached} pointers: the longest probe is {longest} slots");
            }
        }
    }
}
