using System.Diagnostics;
using Rm.Diagnostics;

namespace Rm.Tool.Ratios.Cases;

/// <summary>A snapshot of a million live blocks whose sites are recorded, in milliseconds: the median of several.</summary>
internal sealed class SnapshotCase(Row row) : BenchCase(row)
{
    private const int Blocks = 1_000_000;
    private const int Rounds = 11;
    private const int Lines = 100;

    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        using var state = new RmState(new RmStateOptions { Level = RmDiagnosticsLevel.Sites });
        for (int left = context.Settings.Sized(Blocks); left > 0; left--)
        {
            state.RmMalloc(BlockPool.BlockSize, nameof(SnapshotCase), 1 + (left % Lines));
        }

        double[] times = new double[Rounds];
        foreach (ref double time in times.AsSpan())
        {
            long start = Stopwatch.GetTimestamp();
            GC.KeepAlive(state.Snapshot());
            time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(times);
        return [Figure.OfAbsolute(times[Rounds / 2], $"{times[0]:F0} to {times[^1]:F0} in {Rounds} snapshots")];
    }
}
