using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime;

namespace Rm.Tool.Replay;

/// <summary>One whole replay in this process: warm-up, the timed loop, and every check there is.</summary>
internal static class ReplaySession
{
    private const int WarmUpEvents = 50_000;
    private const int QuietWindows = 2;
    private const int MostRuns = 5;
    private const double EnoughNanoseconds = 150e6;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromSeconds(3);

    /// <summary>Replays a trace.</summary>
    /// <param name="script">The trace.</param>
    /// <param name="drive">How its events are replayed.</param>
    /// <param name="warmUp">Whether to replay a prefix until the runtime has no code left to optimize: for times that count.</param>
    /// <returns>The outcome; an exception of the heap is one too.</returns>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever a heap throws is a finding of the replay.")]
    public static ReplayReport Run<THeap>(ReplayScript script, ReplayDriver<THeap> drive, bool warmUp)
        where THeap : struct, IReplayHeap<THeap>
    {
        var tally = new ReplayTally();
        try
        {
            // Cleared here and now: what the loop touches first is then the heap's memory and not this table's.
            nint[] blocks = GC.AllocateUninitializedArray<nint>(script.ObjectCount);
            blocks.AsSpan().Clear();
            if (warmUp)
            {
                WarmUp(script, blocks, drive);
                FreePages.Fetch(script.Statistics.PeakLiveBytes / 4 * 5);
            }

            return RunOnce(script, blocks, drive, tally);
        }
        catch (Exception e)
        {
            return new ReplayReport
            {
                Error = $"event {tally.Event}: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}",
                Checks = tally.Checks,
                Violations = tally.Violations,
                Messages = tally.Messages,
            };
        }
    }

    /// <summary>Replays a trace, and a short one several times, each with a heap of its own: one interrupted run does not decide then.</summary>
    /// <param name="script">The trace.</param>
    /// <param name="drive">How its events are replayed.</param>
    /// <returns>The first run's outcome with the median of their times; or that of the first run that failed.</returns>
    public static ReplayReport RunOften<THeap>(ReplayScript script, ReplayDriver<THeap> drive)
        where THeap : struct, IReplayHeap<THeap>
    {
        var runs = new List<ReplayReport> { Run(script, drive, warmUp: true) };
        double nanoseconds = runs[0].WallNanosecondsPerEvent * script.EventCount;
        while (runs.Count < MostRuns && nanoseconds < EnoughNanoseconds && !runs[^1].Failures().Any())
        {
            runs.Add(Run(script, drive, warmUp: false));
            nanoseconds += runs[^1].WallNanosecondsPerEvent * script.EventCount;
        }

        return runs[^1].Failures().Any() ? runs[^1] : runs[0] with
        {
            NanosecondsPerEvent = ReplayMeasurement.Median(runs.Select(static run => run.NanosecondsPerEvent)),
            WallNanosecondsPerEvent = ReplayMeasurement.Median(runs.Select(static run => run.WallNanosecondsPerEvent)),
        };
    }

    private static ReplayReport RunOnce<THeap>(ReplayScript script, nint[] blocks, ReplayDriver<THeap> drive, ReplayTally tally)
        where THeap : struct, IReplayHeap<THeap>
    {
        ProcessMemory.ResetPeak();
        long startRss = ProcessMemory.Resident;

        THeap heap = THeap.Create();
        SpareBlock spare = SpareBlock.Allocate(ref heap);
        tally.Clock.Start();
        drive(ref heap, script, blocks, script.EventCount, tally);
        tally.Clock.Stop();
        long peakRss = ProcessMemory.PeakResident;

        bool seen = spare.PlantError(tally, BlockPattern.Check);
        spare.Free(ref heap, tally);
        long live = CheckLive(script, blocks, tally);
        tally.Expect("blocks live at the end", script.Statistics.LiveObjects, live);
        heap.Audit(script, blocks, tally);
        End(ref heap, script, blocks);
        return new ReplayReport
        {
            WallNanosecondsPerEvent = tally.Clock.Elapsed.TotalNanoseconds / Math.Max(1, script.EventCount),
            NanosecondsPerEvent = tally.Clock.Ran.TotalNanoseconds / Math.Max(1, script.EventCount),
            StartRss = startRss,
            PeakRssOverStart = Math.Max(0, peakRss - startRss),
            LiveAtEnd = live,
            Checks = tally.Checks,
            Violations = tally.Violations,
            Messages = tally.Messages,
            PlantedErrorSeen = seen,
            Retains = tally.Retains,
        };
    }

    /// <summary>
    /// Replays a prefix again and again until the runtime compiles no method any more, so that the timed loop and all it calls
    /// run their final code; the same on both sides of a comparison.
    /// </summary>
    private static void WarmUp<THeap>(ReplayScript script, nint[] blocks, ReplayDriver<THeap> drive)
        where THeap : struct, IReplayHeap<THeap>
    {
        int end = Math.Min(script.EventCount, WarmUpEvents);
        long start = Stopwatch.GetTimestamp();
        int quiet = 0;
        while (quiet < QuietWindows && Stopwatch.GetElapsedTime(start) < LongestWarmUp)
        {
            long compiled = JitInfo.GetCompiledMethodCount();
            long windowStart = Stopwatch.GetTimestamp();
            do
            {
                THeap.WarmUp();
                THeap heap = THeap.Create();
                var tally = new ReplayTally();
                drive(ref heap, script, blocks, end, tally);
                End(ref heap, script, blocks.AsSpan(0, tally.NextObject));
            }
            while (Stopwatch.GetElapsedTime(windowStart) < Window);
            quiet = JitInfo.GetCompiledMethodCount() == compiled ? quiet + 1 : 0;
        }
    }

    private static long CheckLive(ReplayScript script, nint[] blocks, ReplayTally tally)
    {
        long live = 0;
        for (int id = 0; id < blocks.Length; id++)
        {
            if (blocks[id] != 0)
            {
                live++;
                BlockPattern.Check(blocks[id], 0, script.Sizes[id], id, BlockPattern.ValueOf(id), tally);
            }
        }

        return live;
    }

    private static void End<THeap>(ref THeap heap, ReplayScript script, Span<nint> blocks)
        where THeap : struct, IReplayHeap<THeap>
    {
        for (int id = 0; id < blocks.Length && !THeap.DisposeFrees; id++)
        {
            if (blocks[id] == 0)
            {
                continue;
            }

            if (script.AlignmentLog2[id] != 0)
            {
                heap.FreeAligned(blocks[id]);
            }
            else
            {
                heap.Free(blocks[id]);
            }
        }

        heap.Dispose();
        blocks.Clear();
    }
}
