using System.Diagnostics;
using MathNet.Numerics.Statistics;

namespace Rm.Tool.Ratios.Measuring;

/// <summary>
/// Runs two contenders in turn, in rounds short enough that whatever else the machine does hits both alike. Each side gets as
/// many operations as fill a round, so that a side six times faster is not timed over a sixth of the time.
/// </summary>
/// <remarks>
/// A round in which a thread did not have the processor to itself is made again, whatever its ratio: it timed somebody else's
/// work, and on a busy machine so many rounds are such that the median would be one of them.
/// </remarks>
/// <param name="rounds">How many.</param>
/// <param name="roundNanoseconds">How long each side's part of one is to take, in the time that <paramref name="timing"/> gives.</param>
/// <param name="timing">What they are timed by; null for one thread's rounds, by the wall's time.</param>
internal sealed class PairedRounds(int rounds, double roundNanoseconds, RoundTiming? timing = null)
{
    /// <summary>The least time that a trial must take for its speed to be believed, as a share of a round.</summary>
    private const double TrialShare = 0.25;

    /// <summary>How much of a round may be somebody else's.</summary>
    private const double LostShare = 0.02;

    private readonly RoundTiming _timing = timing ?? RoundTiming.Alone;

    /// <summary>Measures, and again while it is noisy.</summary>
    internal Comparison Compare(IContender ours, IContender peer, int attempts) => LeastNoisy(() => Compare(ours, peer), attempts);

    /// <summary>
    /// Repeats a measurement while its A/A ratio is out of bounds, and for no other reason; the least noisy one is kept, whatever
    /// its ratio of ours to the peer. Every paired row goes by this rule.
    /// </summary>
    internal static Comparison LeastNoisy(Func<Comparison> measure, int attempts)
    {
        Comparison best = measure();
        for (int attempt = 1; attempt < attempts && best.IsNoisy; attempt++)
        {
            Comparison again = measure();
            best = again.Unrest < best.Unrest || double.IsNaN(best.Unrest) ? again : best;
        }

        return best;
    }

    /// <summary>The medians of paired times.</summary>
    /// <param name="ours">Time per operation of each round, ours.</param>
    /// <param name="peers">The same of the peer, in the same rounds.</param>
    internal static Comparison Summarize(double[] ours, double[] peers) => new(
        ours.Median(),
        peers.Median(),
        ours.Zip(peers, static (our, peer) => our / peer).Median(),
        Neighbours(ours).Median());

    /// <summary>
    /// Each round against the next, the even one always on top: a steady drift then pushes half the ratios up and half down.
    /// </summary>
    private static IEnumerable<double> Neighbours(double[] times)
    {
        for (int round = 0; round + 1 < times.Length; round++)
        {
            yield return times[round + (round & 1)] / times[round + 1 - (round & 1)];
        }
    }

    private double Time(IContender contender, int operations)
    {
        long start = _timing.Time();
        contender.Run(operations);
        return _timing.Time() - start;
    }

    private Comparison Compare(IContender ours, IContender peer)
    {
        int ourOperations = OperationsPerRound(ours);
        int peerOperations = OperationsPerRound(peer);
        double[] ourTimes = new double[rounds];
        double[] peerTimes = new double[rounds];
        int spares = _timing.Spares * rounds;
        for (int round = 0; round < rounds;)
        {
            long start = Stopwatch.GetTimestamp();
            long processor = _timing.Processor();
            ourTimes[round] = Time(ours, ourOperations) / ourOperations;
            peerTimes[round] = Time(peer, peerOperations) / peerOperations;
            processor = _timing.Processor() - processor;
            bool whole = processor >= (1 - LostShare) * _timing.Threads * Stopwatch.GetElapsedTime(start).TotalNanoseconds;
            round += whole || spares-- <= 0 ? 1 : 0;
        }

        return Summarize(ourTimes, peerTimes);
    }

    /// <summary>Finds how many operations fill a round, from the fastest of three trials.</summary>
    private int OperationsPerRound(IContender contender)
    {
        for (int operations = 64; ; operations *= 2)
        {
            double time = Time(contender, operations);
            if (time >= TrialShare * roundNanoseconds)
            {
                time = Math.Min(time, Math.Min(Time(contender, operations), Time(contender, operations)));
                return Math.Max(1, (int)(operations * (roundNanoseconds / time)));
            }
        }
    }
}
