using Rm.Diagnostics;
using Rm.Memory;

namespace Rm.Tests.Contracts;

/// <summary>An allocator with red zones keeps the contract.</summary>
public class RedZoneContract : AllocatorContract
{
    private protected virtual RedZoneAllocatorOptions Options => new();

    private protected override AllocatorSubject Make(nuint commitLimit, IVirtualMemory memory)
    {
        var allocator = new RedZoneAllocator(Options);
        return new AllocatorSubject(allocator) { Afterwards = allocator.Dispose };
    }
}
