using Rm.Tool.Ratios.Cases;

namespace Rm.Tests.Tool.Ratios.Cases;

public sealed class DrawsTests
{
    [Fact]
    public void BothOrdersAreTheSameAndReachEveryBlockUnevenly()
    {
        nint[] blocks = [.. Enumerable.Range(1, 1_000).Select(static block => (nint)(block * 64))];

        var draws = new Draws(blocks);

        Assert.True(draws.Indexes.Length >= 1 << 18);
        Assert.Equal(draws.Indexes.Select(index => blocks[index]), draws.Pointers);
        int[] drawn = [.. draws.Indexes.CountBy(static index => index).Select(static pair => pair.Value)];
        Assert.Equal(blocks.Length, drawn.Length);
        Assert.True(drawn.Max() > drawn.Min(), "independent draws, not permutations one after another");
    }

    [Theory]
    [InlineData(1, 1 << 18)]
    [InlineData(1_000_000, 1 << 20)]
    [InlineData(10_000_000, 1 << 22)]
    public void LargeTablesGetLongOrders(int blocks, int draws) => Assert.Equal(draws, Draws.CountFor(blocks));
}
