using System.Runtime.InteropServices;

namespace Rm.Diagnostics;

/// <summary>What a <see cref="GuardedAllocator"/> did and holds.</summary>
/// <param name="Guarded">Blocks that were guarded, since the beginning.</param>
/// <param name="LiveGuarded">Guarded blocks that are not freed.</param>
/// <param name="Quarantined">Guarded blocks that are freed, their pages inaccessible.</param>
/// <param name="SampledOut">Allocations that were not guarded because another one in so many was, since the beginning.</param>
/// <param name="Overflowed">
/// Allocations that were to be guarded and were not, because there were as many as allowed, the system refused, or the block was over
/// 1 TiB; since the beginning.
/// </param>
/// <param name="BytesReserved">Bytes of address space that guarded and quarantined blocks take, guard pages included.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct GuardedAllocatorStatistics(
    long Guarded, int LiveGuarded, int Quarantined, long SampledOut, long Overflowed, nuint BytesReserved);
