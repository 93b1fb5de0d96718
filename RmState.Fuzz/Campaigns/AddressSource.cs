using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Campaigns;

/// <summary>Invented addresses of one program. None is ever dereferenced.</summary>
internal sealed class AddressSource(CampaignProfile profile, ulong seed)
{
    private static readonly long[] Strides = [1, 2, 3, 8, 16, 24, 48, 64, 128, 4096, 4112, 65536, 1 << 20, 1 << 21, 1 << 30];
    private static readonly long[] Extremes = [1, 2, 7, 15, 16, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1L << 47, 1L << 48, (1L << 48) - 1, -1, -2, -16, long.MaxValue, long.MinValue, long.MinValue + 1];
    private static readonly long[] Distances = [-4096, -16, -8, -2, -1, 1, 2, 8, 16, 32, 4096, 1L << 48, 1L << 32, long.MinValue];

    private readonly long _base = (long)(SplitMix.Derive(seed, 101) >> 18) & -4096;
    private readonly long _stride = Strides[SplitMix.Derive(seed, 102) % (ulong)Strides.Length];

    public nint Next(ref SplitMix random, Execution run)
    {
        int limit = Math.Max(profile.MaxLive * 2, 8);
        switch (random.Pick<AddressStyle>(profile.Addresses))
        {
            case AddressStyle.Strided:
                return (nint)(_base + (random.Below(limit) * _stride));
            case AddressStyle.SameLowBits:
                return (nint)((_base & 0xFFFF_FFFF_FFFF) | ((long)random.Below(65536) << 48));
            case AddressStyle.Random:
                return (nint)random.Next();
            case AddressStyle.Negative:
                return -1 - random.Below(limit);
            case AddressStyle.Neighbour when run.Model.Live.Count > 0:
                return (nint)(run.Model.Live[random.Below(run.Model.Live.Count)].Address + random.Pick<long>(Distances));
            case AddressStyle.Reused when run.RegisterLimit > 0:
                return run.Register(random.Below(run.RegisterLimit));
            default:
                return (nint)random.Pick<long>(Extremes);
        }
    }
}
