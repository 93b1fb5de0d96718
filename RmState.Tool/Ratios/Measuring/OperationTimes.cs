using System.Diagnostics;

namespace Rm.Tool.Ratios.Measuring;

/// <summary>
/// The times of single operations, one after another. A long one counts with the processor time that it had itself, in the kernel
/// too: if it did not have to wait, the rest was somebody else's. If it had to, all of it counts.
/// </summary>
/// <remarks>
/// The processor's clock is too slow to be read for every operation, so it is read now and then; what passed since, without the
/// operation in question, was other operations' and is taken off by the wall's clock; unless there was a pause between two, when
/// the wall's time has to do.
/// </remarks>
internal sealed class OperationTimes
{
    private const int HistogramLimit = 1_000_000;

    /// <summary>An interruption takes longer than this; asking after every operation whether there was one would disturb it.</summary>
    private const long WorthAsking = 50_000;

    private const int OperationsPerMark = 256;

    private readonly DurationHistogram _all = new(HistogramLimit);
    private int _untilMark;
    private long _markedWall;
    private long _markedProcessor;
    private long _markedWaits;
    private long _lastEnd;
    private bool _pausedSinceMark;

    /// <summary>The longest time, in nanoseconds.</summary>
    internal long Longest => _all.Longest;

    /// <summary>How many operations there were.</summary>
    internal long Count => _all.Count;

    /// <summary>Operations that were interrupted.</summary>
    internal int Interrupted { get; private set; }

    /// <summary>The time that a share of all do not exceed, in nanoseconds.</summary>
    internal long Quantile(double share) => _all.Quantile(share);

    /// <summary>To be called before the first operation, and after a pause.</summary>
    internal void Begin() => Mark();

    /// <summary>Adds an operation.</summary>
    /// <param name="start">The timestamp before it.</param>
    /// <param name="end">The timestamp after it.</param>
    internal void Record(long start, long end)
    {
        long time = Nanoseconds(end - start);
        _pausedSinceMark |= Nanoseconds(start - _lastEnd) >= WorthAsking;
        _lastEnd = end;
        if (time < WorthAsking)
        {
            _all.Record(time);
            if (--_untilMark == 0)
            {
                Mark();
            }

            return;
        }

        if (Waits.Count() == _markedWaits && !_pausedSinceMark)
        {
            long own = Math.Clamp(ProcessorTime.Now() - _markedProcessor - Nanoseconds(start - _markedWall), 0, time);
            Interrupted += time - own >= WorthAsking ? 1 : 0;
            time = own;
        }

        _all.Record(time);
        Mark();
    }

    private static long Nanoseconds(long ticks) => (long)(ticks * (1e9 / Stopwatch.Frequency));

    private void Mark()
    {
        _untilMark = OperationsPerMark;
        _markedWaits = Waits.Count();
        _markedProcessor = ProcessorTime.Now();
        _markedWall = Stopwatch.GetTimestamp();
        _pausedSinceMark = false;
        _lastEnd = _markedWall;
    }
}
