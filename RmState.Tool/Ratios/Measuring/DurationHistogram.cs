namespace Rm.Tool.Ratios.Measuring;

/// <summary>Counts durations by the nanosecond up to a limit; longer ones are only counted, and the longest kept.</summary>
internal sealed class DurationHistogram(int limit)
{
    private readonly int[] _counts = new int[limit + 1];

    /// <summary>The longest duration recorded, in nanoseconds.</summary>
    internal long Longest { get; private set; }

    /// <summary>How many durations were recorded.</summary>
    internal long Count => _counts.Sum(static count => (long)count);

    /// <summary>Counts one duration.</summary>
    internal void Record(long nanoseconds)
    {
        _counts[Math.Clamp(nanoseconds, 0, limit)]++;
        Longest = Math.Max(Longest, nanoseconds);
    }

    /// <summary>The least duration that a share of all recorded ones do not exceed; the longest one if it is over the limit.</summary>
    /// <param name="share">0 to 1.</param>
    internal long Quantile(double share)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(share * Count));
        long seen = 0;
        for (int nanoseconds = 0; nanoseconds < limit; nanoseconds++)
        {
            seen += _counts[nanoseconds];
            if (seen >= wanted)
            {
                return nanoseconds;
            }
        }

        return Longest;
    }
}
