namespace Rm.Memory;

/// <summary>The system's own virtual memory. It holds nothing; instances are interchangeable.</summary>
internal sealed class SystemVirtualMemory : IVirtualMemory
{
    public nuint PageSize => VirtualMemory.PageSize;

    public bool DecommitClosesPages => OperatingSystem.IsWindows();

    public nint Reserve(nuint bytes, nuint alignment) => VirtualMemory.Reserve(bytes, alignment);

    public bool Commit(nint start, nuint bytes) => VirtualMemory.Commit(start, bytes);

    public bool Decommit(nint start, nuint bytes) => VirtualMemory.Decommit(start, bytes);

    public bool Close(nint start, nuint bytes) => VirtualMemory.Close(start, bytes);

    public bool Release(nint start, nuint bytes) => VirtualMemory.Release(start, bytes);

    public bool Move(nint from, nuint fromBytes, nuint bytes, nint to, nuint toBytes) =>
        VirtualMemory.Move(from, fromBytes, bytes, to, toBytes);

    public bool TryMeasureResident(nint start, nuint bytes, out nuint resident) =>
        VirtualMemory.TryMeasureResident(start, bytes, out resident);

    public nint AllocateAligned(nuint bytes, nuint alignment) => MallocAllocator.Aligned(bytes, alignment);

    public void FreeAligned(nint start, nuint alignment) => MallocAllocator.Free(start, alignment);
}
