using Rm.Tool.Ratios.Cases;

namespace Rm.Tests.Tool.Ratios.Cases;

public sealed class TableBytesCaseTests
{
    [Theory]
    [InlineData(10_000_000, 100_000)]
    [InlineData(2_000, 1_000)]
    public void SizesAreEvenlySpreadOnALogScale(int largest, int fewest)
    {
        int[] sizes = [.. TableBytesCase.Sizes(largest)];

        Assert.True(sizes.Length >= 25);
        Assert.Equal(fewest, sizes[0]);
        Assert.Equal(largest, sizes[^1]);
        Assert.Equal(sizes.Order(), sizes);
        double step = Math.Pow((double)largest / fewest, 1.0 / (sizes.Length - 1));
        Assert.All(sizes.Zip(sizes.Skip(1)), pair => Assert.InRange((double)pair.Second / pair.First, step - 0.01, step + 0.01));
    }
}
