using Rm.Fuzz.Programs;
using Rm.Tool.Shrinking;

namespace Rm.Fuzz.Shrinking;

/// <summary>
/// Delta debugging of programs: first steps are taken out, then operands made small.
/// </summary>
internal static class DeltaShrinker
{
    // Pairs are quadratic.
    private const int LongestForPairs = 120;

    /// <summary>Every candidate of one round, largest cuts first.</summary>
    public static IEnumerable<T[]> Candidates<T>(T[] steps)
    {
        for (int size = Math.Max(steps.Length / 2, 1); size >= 1; size /= 2)
        {
            for (int at = 0; at < steps.Length; at += size)
            {
                yield return DeltaDebugging.Without(steps, at, size);
            }
        }

        if (steps.Length <= LongestForPairs)
        {
            for (int i = 0; i < steps.Length; i++)
            {
                for (int j = i + 1; j < steps.Length; j++)
                {
                    yield return DeltaDebugging.Without(DeltaDebugging.Without(steps, j, 1), i, 1);
                }
            }
        }
    }

    /// <summary>The smallest program found that still breaks.</summary>
    /// <param name="steps">A program that breaks.</param>
    /// <param name="breaks">Whether a program breaks.</param>
    /// <param name="deadline">When to stop with what is found.</param>
    public static Op[] Shrink(Op[] steps, Func<Op[], bool> breaks, CancellationToken deadline) =>
        SimplifyOperands(DeltaDebugging.Shrink(steps, breaks, deadline), breaks, deadline);

    // Numbers as small as the failure allows: they are easier to read, and fewer registers say what belongs together.
    private static Op[] SimplifyOperands(Op[] steps, Func<Op[], bool> breaks, CancellationToken deadline)
    {
        Op[] simplest = steps;
        for (int i = 0; i < simplest.Length && simplest.Length <= LongestForPairs; i++)
        {
            foreach (long value in (ReadOnlySpan<long>)[0, 1, 2, 8, 16])
            {
                foreach (Op simpler in (ReadOnlySpan<Op>)[simplest[i] with { A = value }, simplest[i] with { B = value }])
                {
                    Op[] candidate = [.. simplest];
                    candidate[i] = simpler;
                    if (IsSimpler(simpler, simplest[i]) && !deadline.IsCancellationRequested && breaks(candidate))
                    {
                        simplest = candidate;
                    }
                }
            }
        }

        return simplest;
    }

    private static bool IsSimpler(Op candidate, Op op) =>
        (ulong)candidate.A <= (ulong)op.A && (ulong)candidate.B <= (ulong)op.B && candidate != op;
}
