namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// The table's bytes per live pointer, at sizes spread evenly on a log scale: the worst size's and the mean, each of the worst
/// seed. A table is at rest when further use neither moves slots nor gives memory back.
/// </summary>
internal sealed class TableBytesCase(Row worst, Row mean, bool withSizes) : BenchCase(worst, mean)
{
    /// <summary>The smallest size sampled.</summary>
    internal const int Fewest = 100_000;

    /// <summary>A step is 4.9 %, so the size just after a doubling, the worst one, is not passed over by far.</summary>
    private const int Samples = 97;

    private const int PairsPerLook = 256;
    private const int QuietLooks = 4;
    private const int MostLooks = 100_000;

    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        List<double[]> sampled = [.. context.Seeds.Take(context.Settings.TableBytesSeeds).Select(seed => Sample(context.LargePool.Addresses, seed))];
        return
        [
            Figure.OfAbsolute(sampled.Max(static sizes => sizes.Max())),
            Figure.OfAbsolute(sampled.Max(static sizes => sizes.Average())),
        ];
    }

    /// <summary>The sizes to sample: evenly spread on a log scale, the last one the largest.</summary>
    internal static IEnumerable<int> Sizes(int largest)
    {
        double fewest = Math.Min(Fewest, largest / 2);
        for (int sample = 0; sample < Samples; sample++)
        {
            yield return (int)Math.Round(fewest * Math.Pow(largest / fewest, sample / (Samples - 1.0)));
        }
    }

    private double[] Sample(nint[] blocks, ulong seed)
    {
        using RmState state = States.Empty(seed);
        var sampled = new List<double>(Samples);
        int live = 0;
        foreach (int size in Sizes(blocks.Length))
        {
            Attach(state, blocks.AsSpan(live, size - live));
            live = size;
            Rest(state, blocks.AsSpan(0, live));
            sampled.Add((double)state.Statistics.TableBytes / live);
        }

        return [.. sampled];
    }

    private void Attach(RmState state, ReadOnlySpan<nint> blocks)
    {
        foreach (nint block in blocks)
        {
            if (withSizes)
            {
                state.RmAttach(block, BlockPool.BlockSize);
            }
            else
            {
                state.RmAttach(block);
            }
        }
    }

    private static void Rest(RmState state, ReadOnlySpan<nint> blocks)
    {
        (long, long, long) before = default;
        int quiet = 0;
        for (int look = 0; quiet < QuietLooks; look++)
        {
            if (look == MostLooks)
            {
                throw new InvalidOperationException($"a table of {blocks.Length} pointers does not come to rest");
            }

            for (int pair = 0; pair < PairsPerLook; pair++)
            {
                nint block = blocks[pair % blocks.Length];
                state.RmRetain(block);
                state.RmRelease(block);
            }

            RmStatistics statistics = state.Statistics;
            (long, long, long) now = (statistics.SlotsMoved, statistics.BytesUnmapped, statistics.TableBytes);
            quiet = now == before ? quiet + 1 : 0;
            before = now;
        }
    }
}
