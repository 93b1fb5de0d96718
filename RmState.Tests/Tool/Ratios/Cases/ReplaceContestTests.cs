using Rm.Tool.Ratios.Blocks;
using Rm.Tool.Ratios.Cases;
using Rm.Tool.Ratios.Contenders;

namespace Rm.Tests.Tool.Ratios.Cases;

public sealed class ReplaceContestTests
{
    [Theory]
    [InlineData(1_000, 1 << 18)]
    [InlineData(1_000_000, 1 << 20)]
    public void DrawsAreIndependentAndReachEveryBlockAndSize(int live, int draws)
    {
        Replacement[] replacements = ReplaceContest<MallocBlocks>.Draw(live, 16, 512);

        Assert.Equal(draws, replacements.Length);
        Assert.Equal(Enumerable.Range(16, 497), replacements.Select(static one => one.Size).Distinct().Order());
        Assert.All(replacements, one => Assert.InRange(one.Index, 0, live - 1));
        int[] times = [.. replacements.CountBy(static one => one.Index).Select(static pair => pair.Value)];
        Assert.True(times.Max() > times.Min(), "independent draws, not permutations one after another");
        Assert.True(times.Length > live / 2);
    }
}
