using System.Runtime;

namespace Rm.Tool.Ratios.Measuring;

/// <summary>Keeps the garbage collector out of a measurement of single operations, which allocates next to nothing itself.</summary>
internal static class QuietCollector
{
    private const long Allowance = 1 << 20;

    /// <summary>Runs something without a collection, where the runtime agrees.</summary>
    internal static void Run(Action measure)
    {
        bool quiet = GC.TryStartNoGCRegion(Allowance);
        try
        {
            measure();
        }
        finally
        {
            if (quiet && GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
            {
                GC.EndNoGCRegion();
            }
        }
    }
}
