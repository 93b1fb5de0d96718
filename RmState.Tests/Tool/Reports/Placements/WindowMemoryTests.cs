using Rm.Tool.Reports.Placements;

namespace Rm.Tests.Tool.Reports.Placements;

/// <summary>The window hands out the lowest place that fits, and gets all back.</summary>
public sealed class WindowMemoryTests
{
    [Fact]
    public void LowestPlaceThatFitsIsTaken()
    {
        using var window = new WindowMemory();
        nuint page = window.PageSize;
        nint first = window.Reserve(page, page);
        nint second = window.Reserve(2 * page, page);
        nint third = window.Reserve(1, page);
        Assert.Equal([window.Start, window.Start + (nint)page, window.Start + (nint)(3 * page)], [first, second, third]);

        Assert.True(window.Release(second, 2 * page));
        Assert.Equal(window.Start + (nint)(4 * page), window.Reserve(3 * page, page));
        Assert.Equal(second, window.Reserve(page, page));
        Assert.Equal(second + (nint)page, window.Reserve(page, page));
    }

    [Fact]
    public void NeighboursThatComeBackAreOnePlace()
    {
        using var window = new WindowMemory();
        nuint page = window.PageSize;
        nint[] blocks = [.. Enumerable.Range(0, 5).Select(_ => window.Reserve(page, page))];
        foreach (int i in (int[])[1, 3, 2])
        {
            Assert.True(window.Release(blocks[i], page));
        }

        Assert.Equal(blocks[1], window.Reserve(3 * page, page));
    }

    [Fact]
    public unsafe void ReleasedMemoryComesBackAsZero()
    {
        using var window = new WindowMemory();
        nuint page = window.PageSize;
        nint block = window.Reserve(page, page);
        Assert.True(window.Commit(block, page));
        *(long*)block = -1;
        Assert.True(window.Release(block, page));

        Assert.Equal(block, window.Reserve(page, page));
        Assert.True(window.Commit(block, page));
        Assert.Equal(0, *(long*)block);
    }

    [Fact]
    public void AlignmentIsKept()
    {
        using var window = new WindowMemory();
        nuint page = window.PageSize;
        _ = window.Reserve(page, page);

        Assert.Equal(window.Start + (1 << 20), window.Reserve(page, 1 << 20));
        Assert.Equal(window.Start + (nint)page, window.Reserve(page, page));
        Assert.Equal(0, window.Reserve((nuint)1 << 50, page));
    }
}
