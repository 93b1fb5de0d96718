using System.Diagnostics;
using System.Runtime;

namespace Rm.Tool.Ratios.Measuring;

/// <summary>
/// Runs contenders until the JIT has nothing left to do with them: the runtime keeps its defaults (tiers, profile-guided
/// recompilation), as users run with them, so the only way to the final code is to be called often and to wait.
/// </summary>
internal sealed class Tiering
{
    /// <summary>Operations per warming call: few, so that the calls are many; it is calls that promote a method.</summary>
    private const int Operations = 256;

    /// <summary>Longer than the 100 ms after which the runtime begins with the next tier.</summary>
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly HashSet<Type> _settled = [];

    /// <summary>Returns when no method has been compiled for a while, at once for kinds of contender seen before.</summary>
    internal void Settle(params ReadOnlySpan<IContender> contenders)
    {
        bool known = true;
        foreach (IContender contender in contenders)
        {
            known &= !_settled.Add(contender.GetType());
        }

        if (known)
        {
            return;
        }

        long start = Stopwatch.GetTimestamp();
        long quietSince = start;
        long compiled = JitInfo.GetCompiledMethodCount();
        while (Stopwatch.GetElapsedTime(quietSince) < QuietTime && Stopwatch.GetElapsedTime(start) < Patience)
        {
            foreach (IContender contender in contenders)
            {
                contender.Run(Operations);
            }

            long now = JitInfo.GetCompiledMethodCount();
            if (now != compiled)
            {
                compiled = now;
                quietSince = Stopwatch.GetTimestamp();
            }
        }
    }
}
