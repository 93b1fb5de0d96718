namespace Rm.Tool.Shrinking;

/// <summary>Delta debugging: takes out halves, quarters, … and single steps while the rest still breaks, then pairs.</summary>
internal static class DeltaDebugging
{
    // Pairs are quadratic.
    private const int LongestForPairs = 120;

    /// <summary>The shortest sequence found that still breaks.</summary>
    /// <param name="steps">A sequence that breaks.</param>
    /// <param name="breaks">Whether a sequence breaks.</param>
    /// <param name="deadline">When to stop with what is found.</param>
    public static T[] Shrink<T>(T[] steps, Func<T[], bool> breaks, CancellationToken deadline)
    {
        T[] smallest = steps;
        bool smaller = true;
        while (smaller && !deadline.IsCancellationRequested)
        {
            smaller = false;
            for (int size = Math.Max(smallest.Length / 2, 1); size >= 1 && !deadline.IsCancellationRequested; size /= 2)
            {
                // From the end: what came last is the failure, what stands before it is mostly noise.
                for (int at = smallest.Length - size; at > -size && !deadline.IsCancellationRequested; at -= size)
                {
                    T[] candidate = Without(smallest, Math.Max(at, 0), at < 0 ? at + size : size);
                    if (candidate.Length < smallest.Length && breaks(candidate))
                    {
                        smallest = candidate;
                        smaller = true;
                    }
                }
            }

            smaller |= ShrinkPairs(ref smallest, breaks, deadline);
        }

        return smallest;
    }

    /// <summary>A sequence without some of its steps.</summary>
    public static T[] Without<T>(T[] steps, int at, int count)
    {
        int end = Math.Min(at + count, steps.Length);
        return [.. steps.AsSpan(0, at), .. steps.AsSpan(end)];
    }

    // A retain often goes only together with its release.
    private static bool ShrinkPairs<T>(ref T[] smallest, Func<T[], bool> breaks, CancellationToken deadline)
    {
        if (smallest.Length > LongestForPairs)
        {
            return false;
        }

        for (int i = 0; i < smallest.Length; i++)
        {
            for (int j = i + 1; j < smallest.Length && !deadline.IsCancellationRequested; j++)
            {
                T[] candidate = Without(Without(smallest, j, 1), i, 1);
                if (breaks(candidate))
                {
                    smallest = candidate;
                    return true;
                }
            }
        }

        return false;
    }
}
