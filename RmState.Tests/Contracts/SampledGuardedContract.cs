using Rm.Diagnostics;

namespace Rm.Tests.Contracts;

/// <summary>An allocator that guards one block in three keeps the contract.</summary>
public sealed class SampledGuardedContract : GuardedContract
{
    private protected override GuardedAllocatorOptions Options => new() { SampleOneIn = 3, Seed = 1, MaxBlocks = 100 };
}
