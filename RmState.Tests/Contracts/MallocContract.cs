using Rm.Memory;

namespace Rm.Tests.Contracts;

/// <summary>libc's malloc keeps the contract of an allocator.</summary>
public sealed class MallocContract : AllocatorContract
{
    private protected override AllocatorSubject Make(nuint commitLimit, IVirtualMemory memory) => new(new MallocAllocator());
}
