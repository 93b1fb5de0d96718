using Rm.Tool.Maps;
using Rm.Tool.Replay;

namespace Rm.Tests.Tool.Maps;

/// <summary>Addresses stand where they should: rows of equal length, wide gaps left out.</summary>
public sealed class MapLayoutTests
{
    private const long Granule = 64 << 10;

    [Fact]
    public void StretchIsCutAtTheEndOfItsRow()
    {
        var layout = new MapLayout([Range(Granule, 32)]);

        Assert.Equal((8 * Granule, 4, 1), (layout.RowBytes, layout.Rows, layout.PagesPerCell));
        Assert.Equal([(0, 0.75, 0.25), (1, 0.0, 1.0), (2, 0.0, 0.125)], layout.PiecesOf(7 * Granule, 11 * Granule));
    }

    [Fact]
    public void NarrowGapIsShownAndAWideOneBeginsARow()
    {
        var layout = new MapLayout([Range(16 * Granule, 1), Range(18 * Granule, 1), Range(4096 * Granule, 1)]);

        Assert.Equal([("0x100000", 0.375), ("0x10000000", 0.125)], layout.Labels());
        Assert.Equal([(0, 0.25, 0.125)], layout.PiecesOf(18 * Granule, Granule));
        Assert.Equal([(1, 0.0, 0.125)], layout.PiecesOf(4096 * Granule, Granule));
    }

    [Fact]
    public void LargeHeapHasLongRowsAndCoarseCells()
    {
        var layout = new MapLayout([Range(0, 16 << 10)]);

        Assert.InRange(layout.Rows, 20, 44);
        Assert.Equal(layout.RowBytes, 1024L * layout.PagesPerCell * HeapSnapshot.PageBytes);
    }

    [Fact]
    public void NothingHasNoRows() => Assert.Equal(0, new MapLayout([]).Rows);

    [Theory]
    [InlineData(1, 10, 1)]
    [InlineData(3, 10, 5)]
    [InlineData(60_001, 10, 100_000)]
    [InlineData(3 << 20, 1024, 5 << 20)]
    [InlineData(600 << 10, 1024, 1 << 20)]
    public void AxesHaveRoundSteps(double least, double unit, double step) => Assert.Equal(step, CurveDrawing.NiceStep(least, unit));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1,023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(5L << 30, "5 GiB")]
    public void SizesHaveAUnit(long bytes, string text) => Assert.Equal(text, ByteText.Of(bytes));

    [Theory]
    [InlineData(1, "up to 16 B")]
    [InlineData(16, "up to 16 B")]
    [InlineData(17, "up to 32 B")]
    [InlineData(1 << 20, "up to 1 MiB")]
    [InlineData((1 << 20) + 1, "above 1 MiB")]
    public void SizesOfOneDoublingHaveOneColour(long size, string name) => Assert.Equal(name, SizeGroup.Of(size).Name);

    private static HeapRange Range(long start, int granules) => new()
    {
        Start = start,
        Bytes = granules * Granule,
        CommittedBytes = granules * Granule,
        ElementSize = 16,
        Elements = 1,
        LiveElements = 1,
        AskedBytes = 0,
        Pages = new byte[granules * Granule / HeapSnapshot.PageBytes],
    };
}
