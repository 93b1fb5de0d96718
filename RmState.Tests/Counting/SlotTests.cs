using Rm.Counting;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Counting;

/// <summary>The bit layouts of a slot and of a block's info.</summary>
public sealed class SlotTests : LeakChecked
{
    public static TheoryData<long> Addresses => [1, 2, 16, 0xFFFF, 0x1_0000, 0x7FFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF];

    public static TheoryData<long> Sizes => [0, 1, 100, 65_535, 1 << 20, (1 << 26) - 3, (1 << 26) - 2];

    [Theory]
    [MemberData(nameof(Addresses))]
    public void SlotKeepsAddressCountAndSmallInfo(long address)
    {
        foreach (uint info in new[] { 0u, 1u, 65u, Slot.InfoElsewhere - 1 })
        {
            ulong slot = Slot.Live((nint)address, info);
            for (uint count = 1; count <= Slot.MaxInline; count++, slot++)
            {
                Assert.Equal(((nint)address, count, info), (Slot.Address(slot), Slot.Count(slot), Slot.Info(slot)));
                Assert.True(Slot.IsLive(slot) && Slot.HoldsInfo(info));
                Assert.False(Slot.IsFree(slot) || Slot.HasInfoElsewhere(slot));
            }
        }
    }

    [Theory]
    [InlineData(Slot.InfoElsewhere)]
    [InlineData(1_000_000u)]
    [InlineData(uint.MaxValue)]
    public void LargerInfoIsElsewhere(uint info)
    {
        ulong slot = Slot.Live(0x1230, info);
        Assert.True(Slot.HasInfoElsewhere(slot));
        Assert.False(Slot.HoldsInfo(info));
        Assert.Equal(((nint)0x1230, 1u), (Slot.Address(slot), Slot.Count(slot)));
        Assert.Equal(Slot.Live(0x1230, 7), Slot.WithInfo(slot, 7));
    }

    [Fact]
    public void SpecialCountsAreNoLiveOnes()
    {
        ulong dead = Slot.Live(0x1230, 7) & ~Slot.CountMask;
        Assert.True(Slot.IsFree(Slot.Empty) && !Slot.IsLive(Slot.Empty));
        Assert.True(Slot.IsFree(Slot.Moved) && !Slot.IsLive(Slot.Moved));
        Assert.True(Slot.IsFree(dead) && !Slot.IsLive(dead));
        Assert.False(Slot.IsFree(dead | Slot.Finalizing) || Slot.IsLive(dead | Slot.Finalizing));
        Assert.True(Slot.IsLive(dead | Slot.InRecord) && !Slot.IsFree(dead | Slot.InRecord));
        Assert.False(Slot.IsLive(dead | (Slot.MaxInline + 1)));
    }

    [Theory]
    [InlineData(0xFFFF_FFFF_FFFFL, true)]
    [InlineData(0x1_0000_0000_0000L, false)]
    [InlineData(long.MinValue, false)]
    [InlineData(-1L, false)]
    [InlineData(1L, true)]
    public void AddressesOf48BitsFit(long address, bool fits) => Assert.Equal(fits, Slot.FitsSlot((nint)address));

    [Theory]
    [MemberData(nameof(Sizes))]
    public void InfoKeepsSizeAndAlignment(long size)
    {
        for (int alignment = 0; alignment <= 30; alignment++)
        {
            uint info = BlockInfo.Own((nuint)size, alignment);
            Assert.True(BlockInfo.HasSize(info));
            Assert.Equal(((nuint)size, alignment), (BlockInfo.Size(info), BlockInfo.AlignmentLog2(info)));
            Assert.False(BlockInfo.HasRecord(info) || BlockInfo.IsAttached(info));
        }

        uint attached = BlockInfo.Attached((nuint)size);
        Assert.True(BlockInfo.IsAttached(attached) && BlockInfo.HasSize(attached) && !BlockInfo.HasRecord(attached));
        Assert.Equal(((nuint)size, 0), (BlockInfo.Size(attached), BlockInfo.AlignmentLog2(attached)));
    }

    [Fact]
    public void InfoWithoutASizeSaysSo()
    {
        Assert.False(BlockInfo.HasSize(BlockInfo.None) || BlockInfo.HasRecord(BlockInfo.None) || BlockInfo.IsAttached(BlockInfo.None));
        Assert.False(BlockInfo.HasSize(BlockInfo.AttachedUnknown) || BlockInfo.HasRecord(BlockInfo.AttachedUnknown));
        Assert.True(BlockInfo.IsAttached(BlockInfo.AttachedUnknown));
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(511u)]
    [InlineData(0x7FFF_FFFFu)]
    public void InfoOfARecordKeepsItsIndex(uint index)
    {
        uint info = BlockInfo.OfRecord(index);
        Assert.True(BlockInfo.HasRecord(info));
        Assert.Equal(index, BlockInfo.RecordIndex(info));
    }
}
