using Rm.Counting;
using Rm.Memory;

namespace Rm;

/// <summary>
/// The memory of pointer tables: small tables from libc, large ones as pages of their own, so that they cost nothing until
/// touched and go back to the system in slices. It holds nothing, so a finalizer may use it.
/// </summary>
internal sealed class TableMemory : ITableMemory
{
    // From here on an area is mapped: below it, a mapping's rounding and its system call would cost more than they give.
    private const nuint MappedFrom = 128 * 1024;

    public nint Take(nuint bytes) => bytes >= MappedFrom ? VirtualMemory.Map(bytes) : MallocAllocator.Aligned64Zeroed(bytes);

    public nuint GiveBack(nint start, nuint bytes, nuint taken, nuint limit)
    {
        if (taken < MappedFrom)
        {
            MallocAllocator.Free(start, 64);
            return 0;
        }

        nuint left = bytes > limit ? bytes - limit : 0;
        VirtualMemory.Unmap(start, left, bytes - left);
        return left;
    }
}
