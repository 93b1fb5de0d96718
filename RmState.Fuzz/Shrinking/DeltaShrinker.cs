using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Shrinking;

/// <summary>
/// Delta debugging: takes out halves, quarters, … and single steps while the program still breaks, then pairs, because a
/// retain often goes only together with its release.
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
                yield return Without(steps, at, size);
            }
        }

        if (steps.Length <= LongestForPairs)
        {
            for (int i = 0; i < steps.Length; i++)
            {
                for (int j = i + 1; j < steps.Length; j++)
                {
                    yield return Without(Without(steps, j, 1), i, 1);
                }
            }
        }
    }

    /// <summary>The smallest program found that still breaks.</summary>
    /// <param name="steps">A program that breaks.</param>
    /// <param name="breaks">Whether a program breaks.</param>
    /// <param name="deadline">When to stop with what is found.</param>
    public static Op[] Shrink(Op[] steps, Func<Op[], bool> breaks, CancellationToken deadline)
    {
        Op[] smallest = steps;
        bool smaller = true;
        while (smaller && !deadline.IsCancellationRequested)
        {
            smaller = false;
            for (int size = Math.Max(smallest.Length / 2, 1); size >= 1 && !deadline.IsCancellationRequested; size /= 2)
            {
                // From the end: what came last is the failure, what stands before it is mostly noise.
                for (int at = smallest.Length - size; at > -size && !deadline.IsCancellationRequested; at -= size)
                {
                    Op[] candidate = Without(smallest, Math.Max(at, 0), at < 0 ? at + size : size);
                    if (candidate.Length < smallest.Length && breaks(candidate))
                    {
                        smallest = candidate;
                        smaller = true;
                    }
                }
            }

            smaller |= ShrinkPairs(ref smallest, breaks, deadline);
        }

        return SimplifyOperands(smallest, breaks, deadline);
    }

    private static bool ShrinkPairs(ref Op[] smallest, Func<Op[], bool> breaks, CancellationToken deadline)
    {
        if (smallest.Length > LongestForPairs)
        {
            return false;
        }

        for (int i = 0; i < smallest.Length; i++)
        {
            for (int j = i + 1; j < smallest.Length && !deadline.IsCancellationRequested; j++)
            {
                Op[] candidate = Without(Without(smallest, j, 1), i, 1);
                if (breaks(candidate))
                {
                    smallest = candidate;
                    return true;
                }
            }
        }

        return false;
    }

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

    private static T[] Without<T>(T[] steps, int at, int count)
    {
        int end = Math.Min(at + count, steps.Length);
        return [.. steps.AsSpan(0, at), .. steps.AsSpan(end)];
    }
}
