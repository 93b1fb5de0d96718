using Rm.Tool.Ratios;

namespace Rm.Tests.Tool.Ratios;

public sealed class KnownMissesTests
{
    private const string ThreeDesigns = """
        | design | ratio |
        |---|--:|
        | a | 3 |
        | b | 2 |
        | c | 1.5 |
        """;

    [Fact]
    public void ACaseWithThreeMeasuredDesignsIsAKnownMiss() =>
        Assert.Equal(["one case, 1 k"], Parse($"# Performance\n\n### MISS: one case, 1 k\n\nWhy.\n\n{ThreeDesigns}\n"));

    [Fact]
    public void TwoDesignsAreNotEnough() =>
        Assert.Empty(Parse("### MISS: case\n| design | ratio |\n|---|--:|\n| a | 3 |\n| b | 2 |\n\nand\n\n| c | 1 |\n"));

    [Fact]
    public void OnlyTheFirstTableUnderTheHeadingCounts() =>
        Assert.Empty(Parse($"### MISS: case\n| design |\n|---|\n| a |\n\n{ThreeDesigns}\n"));

    [Fact]
    public void ATableUnderTheNextHeadingBelongsToThatOne() =>
        Assert.Equal(["second"], Parse($"### MISS: first\n### MISS: second\n{ThreeDesigns}\n## Other\n{ThreeDesigns}\n"));

    [Theory]
    [InlineData("### case")]
    [InlineData("## MISS: case")]
    [InlineData("MISS: case")]
    public void OtherHeadingsAreNotMisses(string heading) => Assert.Empty(Parse($"{heading}\n{ThreeDesigns}\n"));

    [Fact]
    public void AnExampleInAFenceIsNotAMiss() => Assert.Empty(Parse($"```\n### MISS: case\n{ThreeDesigns}\n```\n"));

    [Fact]
    public void NoFileNoMisses() => Assert.Empty(KnownMisses.Read(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())));

    private static HashSet<string> Parse(string page) => KnownMisses.Parse(page.Split('\n'));
}
