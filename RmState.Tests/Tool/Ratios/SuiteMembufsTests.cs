using Rm.Tool.Ratios;
using Rm.Tool.Ratios.Cases;

namespace Rm.Tests.Tool.Ratios;

public sealed class SuiteMembufsTests
{
    [Theory]
    [InlineData("Ref+Deref by the owner, random of 1 k membufs, by handle")]
    [InlineData("Ref+Deref by the owner, random of 1 k membufs, by checked pointer")]
    [InlineData("Ref+Deref by another thread, uncontended, random of 1 k membufs")]
    [InlineData("Ref+Deref of one membuf by 2 threads at once")]
    [InlineData("Ref+Deref, shared, random of 1 k membufs, against SafeHandle")]
    [InlineData("AllocRef+Deref 256 B")]
    [InlineData("Alloc+Deref 256 B, by checked pointer")]
    [InlineData("membufs of 64 B from a thread that fills them to one that releases them, processor time")]
    [InlineData("membufs of 64 KiB from a thread that fills them to one that releases them, processor time")]
    public void EveryRowCanBeMeasured(string name)
    {
        BenchCase one = Assert.Single(Suite.All, one => one.Rows.Any(row => string.Equals(row.Case, name, StringComparison.Ordinal)));
        using var context = new BenchContext(BenchSettings.Smoke, RepositoryFiles.Root);

        Figure figure = Assert.Single(one.Measure(context));

        Assert.True(figure.Ratio > 0 && double.IsFinite(figure.Ratio), figure.ToString());
    }
}
