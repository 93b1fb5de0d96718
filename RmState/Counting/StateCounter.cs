namespace Rm.Counting;

/// <summary>The counters of a header that only grow, but for a reset.</summary>
internal enum StateCounter
{
    Allocations,
    Reallocations,
    Attaches,
    Retains,
    Releases,
    Detaches,
    Frees,
}
