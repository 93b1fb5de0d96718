using Rm.Tool.Replay;
using Rm.Tool.Reports.Models;
using Rm.Tool.Reports.Placements;

namespace Rm.Tests.Tool.Reports.Placements;

/// <summary>Known addresses become ranges of blocks of about one size.</summary>
public sealed class AddressMapTests
{
    private const long Base = 0x7F00_0000_0000;

    [Fact]
    public void BlocksStandWhereTheyAre()
    {
        HeapMap map = AddressMap.Of("now", [(Base + 4096, 1024), (Base + 100, 50), (Base + 8192, 8192)])!;

        HeapRange range = Assert.Single(map.Ranges);
        Assert.Equal((Base, 65536L, 3, 9266L), (range.Start, range.Bytes, range.LiveElements, range.AskedBytes));
        Assert.Equal([4, 64, 255, 255, 0], range.Pages[..5]);
    }

    [Fact]
    public void LargeBlockIsOneRangeAndOtherSizesAreOthers()
    {
        HeapMap map = AddressMap.Of("now", [(Base, 300_000), (Base + 0x80000, 32), (Base + 0x90000, 32), (Base + 0x200000, 32)])!;

        Assert.Equal(
            [(Base, 5 * 65536L, 1), (Base + 0x80000, 2 * 65536L, 2), (Base + 0x200000, 65536L, 1)],
            map.Ranges.Select(static r => (r.Start, r.Bytes, r.LiveElements)));
        Assert.Equal(300_000, map.Ranges[0].AskedBytes);
    }

    [Fact]
    public void NothingOrTooMuchHasNoMap()
    {
        Assert.Null(AddressMap.Of("now", []));
        Assert.Null(AddressMap.Of("now", [(Base, 1L << 50)]));
        Assert.Single(AddressMap.Of("now", [(Base, 0)])!.Ranges);
    }
}
