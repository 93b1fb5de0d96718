namespace Rm.Tool.Ratios.Measuring;

/// <summary>
/// The times of single operations. Those in which the scheduler interrupted the thread count like any other, as it cannot be
/// known how much of such a time was the operation's; the longest one without is kept beside, to tell a reader which it was.
/// </summary>
internal sealed class AttachTimes
{
    private const int HistogramLimit = 1_000_000;

    /// <summary>An interruption takes longer than this; asking for every operation whether there was one would disturb it.</summary>
    private const long WorthAsking = 50_000;

    private readonly DurationHistogram _all = new(HistogramLimit);
    private long _interruptions = Interruptions.Count();

    /// <summary>The longest time, in nanoseconds.</summary>
    internal long Longest => _all.Longest;

    /// <summary>The longest time in which the scheduler did not interrupt the thread.</summary>
    internal long LongestUninterrupted { get; private set; }

    /// <summary>The time that a share of all do not exceed.</summary>
    internal long Quantile(double share) => _all.Quantile(share);

    /// <summary>Adds a time, in nanoseconds.</summary>
    internal void Record(long nanoseconds)
    {
        _all.Record(nanoseconds);
        if (nanoseconds > LongestUninterrupted && (nanoseconds < WorthAsking || !WasInterrupted()))
        {
            LongestUninterrupted = nanoseconds;
        }
    }

    private bool WasInterrupted()
    {
        long before = _interruptions;
        _interruptions = Interruptions.Count();
        return _interruptions != before;
    }
}
