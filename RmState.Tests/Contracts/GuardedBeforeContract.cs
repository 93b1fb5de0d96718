using Rm.Diagnostics;

namespace Rm.Tests.Contracts;

/// <summary>An allocator that guards the start of every block keeps the contract.</summary>
public sealed class GuardedBeforeContract : GuardedContract
{
    private protected override GuardedAllocatorOptions Options => new() { GuardBefore = true };
}
