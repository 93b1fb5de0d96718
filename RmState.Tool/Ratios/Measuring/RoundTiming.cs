using System.Diagnostics;

namespace Rm.Tool.Ratios.Measuring;

/// <summary>What rounds are timed by, and which of them count.</summary>
/// <param name="Time">Nanoseconds since some start: what an operation's cost is in.</param>
/// <param name="Processor">Nanoseconds of processor time of all the threads that a round is to have running.</param>
/// <param name="Threads">How many those are: each must have had a processor to itself, or the round is made again; 0 when it does not matter.</param>
/// <param name="Spares">Rounds made again at most, as a multiple of the rounds; then interrupted ones have to do.</param>
internal sealed record RoundTiming(Func<long> Time, Func<long> Processor, int Threads, int Spares)
{
    /// <summary>The calling thread works alone.</summary>
    internal static readonly RoundTiming Alone = new(Wall, ProcessorTime.Now, Threads: 1, Spares: 8);

    /// <summary>Two threads work at once. Their rounds are long, so few are made again.</summary>
    internal static readonly RoundTiming Together = new(Wall, ProcessorTime.OfProcess, Threads: 2, Spares: 1);

    /// <summary>What counts is the processor time of all threads, waiting for each other as they may.</summary>
    internal static readonly RoundTiming OfProcess = new(ProcessorTime.OfProcess, ProcessorTime.OfProcess, Threads: 0, Spares: 0);

    private static long Wall() => (long)Stopwatch.GetElapsedTime(0).TotalNanoseconds;
}
