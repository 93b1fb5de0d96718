using Rm.Memory;

namespace Rm.Tests.Contracts;

/// <summary>The system's memory, which lets a test in whenever an allocator asks for some.</summary>
internal sealed class HookedMemory : IVirtualMemory
{
    private readonly SystemVirtualMemory _system = new();

    /// <summary>Runs once, in the middle of whatever operation needs memory next.</summary>
    public Action? Next { get; set; }

    public nuint PageSize => _system.PageSize;

    public bool DecommitClosesPages => _system.DecommitClosesPages;

    public nint Reserve(nuint bytes, nuint alignment)
    {
        RunNext();
        return _system.Reserve(bytes, alignment);
    }

    public bool Commit(nint start, nuint bytes)
    {
        RunNext();
        return _system.Commit(start, bytes);
    }

    public bool Decommit(nint start, nuint bytes) => _system.Decommit(start, bytes);

    public bool Close(nint start, nuint bytes) => _system.Close(start, bytes);

    public bool Release(nint start, nuint bytes) => _system.Release(start, bytes);

    public bool Move(nint from, nuint fromBytes, nuint bytes, nint to, nuint toBytes) => _system.Move(from, fromBytes, bytes, to, toBytes);

    public bool TryMeasureResident(nint start, nuint bytes, out nuint resident) => _system.TryMeasureResident(start, bytes, out resident);

    public nint AllocateAligned(nuint bytes, nuint alignment)
    {
        RunNext();
        return _system.AllocateAligned(bytes, alignment);
    }

    public void FreeAligned(nint start, nuint alignment) => _system.FreeAligned(start, alignment);

    private void RunNext()
    {
        Action? next = Next;
        Next = null;
        next?.Invoke();
    }
}
