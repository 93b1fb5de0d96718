using Rm.Arenas;
using Rm.Tests.LeakCheck;

namespace Rm.Tests.Arenas;

/// <summary>How many granules hold as many bytes.</summary>
public sealed class GranuleTests : LeakChecked
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(65535, 1)]
    [InlineData(65536, 1)]
    [InlineData(65537, 2)]
    [InlineData(10 * 65536, 10)]
    [InlineData((10 * 65536) + 1, 11)]
    [InlineData(1L << 47, 1L << 31)]
    public void CountsAreRoundedUp(long bytes, long granules) => Assert.Equal((nuint)granules, Granule.CountFor((nuint)bytes));
}
