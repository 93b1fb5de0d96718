namespace Rm.Tests.Samples;

/// <summary>Looking at a state, and giving its memory back.</summary>
public sealed class InspectionSample
{
    [Fact]
    public void LiveBlocksAreListed()
    {
        var lines = new List<string>();

        #region enumerate
        using var state = new RmState();
        state.RmRetain(state.RmMalloc(64));
        state.RmMalloc(128);

        foreach (RmBlock block in state.RmBlocks)
        {
            lines.Add($"0x{block.Address:x} has {block.Count} references and {block.Size} bytes");
        }

        #endregion

        Assert.Equal(2, lines.Count);
        Assert.Single(lines, l => l.EndsWith(" has 2 references and 64 bytes", StringComparison.Ordinal));
    }

    [Fact]
    public void CountersTellWhatHappened()
    {
        #region statistics
        using var state = new RmState();
        nint block = state.RmMalloc(100);
        state.RmRelease(block);

        RmStatistics now = state.Statistics;
        Console.WriteLine($"{now.LiveBlocks} live, {now.PeakBytes} bytes at the peak, {now.TableBytes} bytes of table");
        #endregion

        Assert.Equal((0, 100), (now.LiveBlocks, now.PeakBytes));
        Assert.True(now.TableBytes > 0);
    }

    [Fact]
    public void ATableShrinksWhenAsked()
    {
        #region trim
        using var state = new RmState();
        nint[] blocks = [.. Enumerable.Range(0, 100_000).Select(_ => state.RmMalloc(32))];
        foreach (nint block in blocks)
        {
            state.RmRelease(block);
        }

        long before = state.Statistics.TableBytes;
        while (!state.Trim(slices: 1000))               // in pieces, between other work
        {
        }

        long after = state.Statistics.TableBytes;
        #endregion

        Assert.True(after < before / 100, $"{before} bytes became {after}");
        Assert.Equal(0, state.Statistics.SpareBytes);
    }
}
