using System.Diagnostics;
using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Contenders;
using Rm.Tool.Ratios.Levels;
using Rm.Tool.Ratios.Measuring;
using Rm.Tool.Ratios.References;
using Rm.Tool.Replay;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// The rows of the largest table, which takes so long to fill that one filling a seed serves them all: retaining and releasing in
/// it against the yardstick; the longest that one attach took while it filled, in milliseconds; and the 99.99th percentile of
/// those times, in microseconds. The two times are the best of five runs.
/// </summary>
/// <remarks>
/// Every attach is timed, from timestamp to timestamp, so a time holds the reading of the clock (some 25 ns) too. The garbage
/// collector is told to keep out; the loop allocates nothing in any case.
/// </remarks>
internal sealed class LargestTableCase(Row counting, Row slowest, Row percentile) : BenchCase(counting, slowest, percentile)
{
    private const int Runs = 5;
    private const double Share = 0.9999;
    private const int WarmingBlocks = 200_000;
    private const int CallLength = 1_000;

    // A table that has just grown, and the one it grows from.
    private const ulong BytesPerBlock = 48;

    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        var draws = new Draws(context.LargePool.Addresses);
        using var yardstick = new Yardstick(draws.Blocks.Length, draws.Indexes);
        Warm(draws.Blocks.AsSpan(0, Math.Min(WarmingBlocks, draws.Blocks.Length)));
        var comparisons = new List<(ulong Seed, Comparison Comparison)>();
        var fillings = new List<OperationTimes>();
        foreach (ulong seed in context.SeedsFor(SeedUse.LargestTable))
        {
            RmState state = States.Empty(seed);
            using var ours = new RetainRelease<StateReferences<AtCounters>>(new StateReferences<AtCounters>(state), draws.Pointers);
            fillings.Add(Fill(state, draws.Blocks));
            context.Tiering.Settle(ours, yardstick);
            comparisons.Add((seed, context.Rounds.Compare(ours, yardstick, context.Settings.Attempts)));
        }

        return [PairedCase.Worst(comparisons), .. BestOf([.. fillings.Take(Runs)])];
    }

    private static Figure[] BestOf(OperationTimes[] runs)
    {
        string all = string.Join(' ', runs.Select(static run => $"{run.Longest / 1e6:F2}"));
        return
        [
            Figure.OfAbsolute(runs.Min(static run => run.Longest) / 1e6, $"runs {all}, {runs.Sum(static run => run.Interrupted)} interrupted"),
            Figure.OfAbsolute(runs.Min(static run => run.Quantile(Share)) / 1e3),
        ];
    }

    private static OperationTimes Fill(RmState state, nint[] blocks)
    {
        var times = new OperationTimes();
        FreePages.Fetch((ulong)blocks.Length * BytesPerBlock);
        QuietCollector.Run(() => Loop(state, blocks, times));
        return times;
    }

    /// <summary>Fills small tables until the runtime has had the time for its last tier.</summary>
    private static void Warm(ReadOnlySpan<nint> blocks)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(500))
        {
            using RmState state = States.Empty(seed: 1);
            var times = new OperationTimes();
            for (int from = 0; from < blocks.Length; from += CallLength)
            {
                Loop(state, blocks[from..Math.Min(from + CallLength, blocks.Length)], times);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(RmState state, ReadOnlySpan<nint> blocks, OperationTimes times)
    {
        times.Begin();
        long before = Stopwatch.GetTimestamp();
        foreach (nint block in blocks)
        {
            state.RmAttach(block);
            long after = Stopwatch.GetTimestamp();
            times.Record(before, after);

            // Read again: the recording is not part of an attach.
            before = Stopwatch.GetTimestamp();
        }
    }
}
