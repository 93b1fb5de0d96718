using System.Numerics;
using Rm.Counting;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Counting;

/// <summary>Both hashes spread what allocators produce; the one without special instructions is no table's on most machines.</summary>
public sealed class PointerHashTests : LeakChecked
{
    private const int Log2 = 17;
    private const int Pointers = 1 << (Log2 - 1);

    public static TheoryData<int> Shifts => [.. Enumerable.Range(0, 31)];

    [Theory]
    [MemberData(nameof(Shifts))]
    public void TheFallbackSpreadsStridesToo(int shift)
    {
        for (ulong seed = 1; seed <= 3; seed++)
        {
            ulong multiplier = unchecked(seed * 0xBF58_476D_1CE4_E5B9) | 1;
            long stride = 1L << shift;
            foreach (long each in new[] { stride - 1, stride, stride + 1 }.Where(s => s > 0))
            {
                int longest = LongestProbe(i => PointerHash.Mix(unchecked((ulong)(Fakes.Base + (i * each)) * multiplier)));
                Assert.True(longest <= 160, $"stride {each}, seed {seed}: {longest} slots at half load");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shifts))]
    public void TheTablesHashSpreadsStrides(int shift)
    {
        for (ulong seed = 1; seed <= 3; seed++)
        {
            ulong multiplier = unchecked(seed * 0xBF58_476D_1CE4_E5B9) | 1;
            long stride = 1L << shift;
            foreach (long each in new[] { stride - 1, stride, stride + 1 }.Where(s => s > 0))
            {
                int longest = LongestProbe(i => PointerHash.Of((nint)(Fakes.Base + (i * each)), multiplier));
                Assert.True(longest <= 160, $"stride {each}, seed {seed}: {longest} slots at half load");
            }
        }
    }

    [Fact]
    public void AnotherSeedIsAnotherOrder()
    {
        // An attacker who knows the addresses must not know their slots.
        int same = 0;
        for (int i = 0; i < 10_000; i++)
        {
            uint first = PointerHash.Of(Fakes.Address(i), 0x9E37_79B9_7F4A_7C15) >> (32 - Log2);
            uint second = PointerHash.Of(Fakes.Address(i), 0xD1B5_4A32_D192_ED03) >> (32 - Log2);
            same += first == second ? 1 : 0;
        }

        Assert.True(same < 20, $"{same} of 10,000 addresses kept their slot");
    }

    [Fact]
    public void EveryBitOfAnAddressMatters()
    {
        for (int bit = 0; bit < 48; bit++)
        {
            nint address = unchecked((nint)Fakes.Base);
            Assert.NotEqual(
                PointerHash.Of(address, 0x9E37_79B9_7F4A_7C15),
                PointerHash.Of(address ^ (nint)(1L << bit), 0x9E37_79B9_7F4A_7C15));
        }
    }

    // Plain linear probing, at twice the load that the table has at this size.
    private static int LongestProbe(Func<long, uint> hash)
    {
        var taken = new bool[1 << Log2];
        int longest = 0;
        for (long i = 0; i < Pointers; i++)
        {
            uint slot = hash(i) >> (32 - Log2);
            int probe = 1;
            for (; taken[slot]; slot = (slot + 1) & ((1 << Log2) - 1))
            {
                probe++;
            }

            taken[slot] = true;
            longest = Math.Max(longest, probe);
        }

        Assert.True(BitOperations.IsPow2(taken.Length));
        return longest;
    }
}
