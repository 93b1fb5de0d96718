using Rm.Diagnostics;
using Rm.Memory;

namespace Rm.Tests.Contracts;

/// <summary>An allocator that guards every block keeps the contract.</summary>
public class GuardedContract : AllocatorContract
{
    private protected virtual GuardedAllocatorOptions Options => new();

    private protected override AllocatorSubject Make(nuint commitLimit, IVirtualMemory memory)
    {
        var allocator = new GuardedAllocator(Options);
        return new AllocatorSubject(allocator) { Afterwards = allocator.Dispose };
    }
}
