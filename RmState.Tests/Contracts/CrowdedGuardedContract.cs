using Rm.Diagnostics;

namespace Rm.Tests.Contracts;

/// <summary>A guarded allocator that has room for few guarded blocks keeps the contract.</summary>
public sealed class CrowdedGuardedContract : GuardedContract
{
    private protected override GuardedAllocatorOptions Options => new() { MaxBlocks = 7 };
}
