using Rm.Arenas;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>The parts of a page map entry do not touch each other.</summary>
public sealed unsafe class PageEntryTests : LeakChecked
{
    [Theory]
    [InlineData(1, 0x80, 1)]
    [InlineData(65535, 0xFFFF_FFFF_FF80, 127)]
    [InlineData(32768, 0x7FFF_1234_5680, 126)]
    [InlineData(2, 0x5555_5555_5580, 125)]
    public void PartsAreThoseThatWentIn(int tag, long slab, int sizeClass)
    {
        ulong entry = PageEntry.Of((ushort)tag, (Slab*)slab, sizeClass);
        Assert.Equal(((ushort)tag, slab, sizeClass), (PageEntry.Tag(entry), (long)PageEntry.Slab(entry), PageEntry.Class(entry)));
    }
}
