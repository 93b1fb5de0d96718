using System.Diagnostics;
using System.Runtime;
using System.Runtime.CompilerServices;
using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// The longest that one attach takes while a table fills from empty, in milliseconds, and the 99.99th percentile, in
/// microseconds; the best of some runs, because on a shared machine any run may be interrupted for longer than a stall lasts.
/// </summary>
/// <remarks>
/// Every attach is timed, from timestamp to timestamp, so a time holds the reading of the clock (some 25 ns) too. The garbage
/// collector is told to keep out; the loop allocates nothing in any case.
/// </remarks>
internal sealed class SlowestAttachCase(Row slowest, Row percentile) : BenchCase(slowest, percentile)
{
    private const int Runs = 5;
    private const double Share = 0.9999;
    private const int WarmingBlocks = 200_000;
    private const int CallLength = 1_000;
    private const long CollectorAllowance = 1 << 20;

    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        nint[] blocks = context.LargePool.Addresses;
        Warm(blocks.AsSpan(0, Math.Min(WarmingBlocks, blocks.Length)));
        int count = context.Settings.IsSmoke ? 1 : Runs;
        List<AttachTimes> runs = [.. Enumerable.Range(1, count).Select(seed => Fill(blocks, (ulong)seed))];
        string all = string.Join(' ', runs.Select(static run => $"{run.Longest / 1e6:F2}"));
        long uninterrupted = runs.Min(static run => run.LongestUninterrupted);
        return
        [
            Figure.OfAbsolute(runs.Min(static run => run.Longest) / 1e6, $"runs {all}; uninterrupted {uninterrupted / 1e6:F2}"),
            Figure.OfAbsolute(runs.Min(static run => run.Quantile(Share)) / 1e3),
        ];
    }

    private static AttachTimes Fill(nint[] blocks, ulong seed)
    {
        using RmState state = States.Empty(seed);
        var times = new AttachTimes();
        bool quiet = GC.TryStartNoGCRegion(CollectorAllowance);
        try
        {
            Loop(state, blocks, times);
        }
        finally
        {
            if (quiet && GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
            {
                GC.EndNoGCRegion();
            }
        }

        return times;
    }

    /// <summary>Fills small tables until the runtime has had the time for its last tier.</summary>
    private static void Warm(ReadOnlySpan<nint> blocks)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(500))
        {
            using RmState state = States.Empty(seed: 1);
            var times = new AttachTimes();
            for (int from = 0; from < blocks.Length; from += CallLength)
            {
                Loop(state, blocks[from..Math.Min(from + CallLength, blocks.Length)], times);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(RmState state, ReadOnlySpan<nint> blocks, AttachTimes times)
    {
        long before = Stopwatch.GetTimestamp();
        foreach (nint block in blocks)
        {
            state.RmAttach(block);
            long after = Stopwatch.GetTimestamp();
            times.Record((long)((after - before) * (1e9 / Stopwatch.Frequency)));

            // Read again: the recording is not part of an attach.
            before = Stopwatch.GetTimestamp();
        }
    }
}
