using Rm.Tool.Reports.Histories;
using Rm.Tool.Reports.Models;

namespace Rm.Tests.Tool.Reports.Histories;

/// <summary>A thinned series keeps what a reader looks for.</summary>
public sealed class SeriesSamplerTests
{
    [Fact]
    public void ShortSeriesStaysWhole()
    {
        SeriesPoint[] points = [.. Enumerable.Range(0, 50).Select(static i => new SeriesPoint(i, i * i % 17))];

        Assert.Equal(points, Thinned(points, 200));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(399)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(100_000)]
    [InlineData(123_457)]
    public void EveryStretchKeepsItsLeastAndItsMost(int count)
    {
        var random = new Random(count);
        SeriesPoint[] points = [.. Enumerable.Range(0, count).Select(i => new SeriesPoint(i, random.Next(1000)))];

        SeriesPoint[] thinned = [.. Thinned(points, 400)];

        Assert.InRange(thinned.Length, Math.Min(count, 200), 402);
        Assert.Equal(thinned.OrderBy(static p => p.Time), thinned);
        Assert.All(thinned, p => Assert.Equal(points[(int)p.Time], p));
        Assert.Equal(points[^1], thinned[^1]);

        // Of each twentieth, which many of the kept stretches lie in.
        foreach (SeriesPoint[] part in points.Chunk(Math.Max(1, count / 20)).Where(static c => c.Length > 1000))
        {
            long[] inside = [.. thinned.Where(p => p.Time >= part[0].Time && p.Time <= part[^1].Time).Select(static p => p.Value)];
            long[] within = [.. part.Skip(part.Length / 10).Take(part.Length * 8 / 10).Select(static p => p.Value)];
            Assert.InRange(within.Max(), 0, inside.Max());
            Assert.InRange(within.Min(), inside.Min(), long.MaxValue);
        }
    }

    [Fact]
    public void SpikeOfOnePointStays()
    {
        SeriesPoint[] thinned = [.. Thinned(Enumerable.Range(0, 1_000_000).Select(static i => new SeriesPoint(i, i == 654_321 ? 99 : i == 222_222 ? -5 : 1)), 100)];

        Assert.Contains(new SeriesPoint(654_321, 99), thinned);
        Assert.Contains(new SeriesPoint(222_222, -5), thinned);
        Assert.InRange(thinned.Length, 4, 102);
    }

    [Fact]
    public void NoPointsAreNone() => Assert.Empty(new SeriesSampler(10).Points);

    private static IReadOnlyList<SeriesPoint> Thinned(IEnumerable<SeriesPoint> points, int most)
    {
        var sampler = new SeriesSampler(most);
        foreach (SeriesPoint point in points)
        {
            sampler.Add(point.Time, point.Value);
        }

        return sampler.Points;
    }
}
