using Rm.Fuzz.Programs;
using Rm.Memory;

namespace Rm.Fuzz.Subjects;

/// <summary>
/// The system's own memory, which refuses calls when told to. What uses it may outlive its program until it is finalized, so it is in no
/// region that the next program wipes; the collector hears of its bytes, that it does not wait too long.
/// </summary>
internal sealed class SystemMemory(ProgramOptions options) : FallibleMemory(options), IVirtualMemory
{
    private readonly SystemVirtualMemory _system = new();

    public nuint PageSize => _system.PageSize;

    public bool DecommitClosesPages => _system.DecommitClosesPages;

    public nint Reserve(nuint bytes, nuint alignment)
    {
        nint start = Fails(MemoryCalls.Reserve) ? 0 : _system.Reserve(bytes, alignment);
        if (start != 0)
        {
            GC.AddMemoryPressure((long)bytes);
        }

        return start;
    }

    public bool Commit(nint start, nuint bytes) => !Fails(MemoryCalls.Commit) && _system.Commit(start, bytes);

    public bool Decommit(nint start, nuint bytes) => !Fails(MemoryCalls.Decommit) && _system.Decommit(start, bytes);

    public bool Close(nint start, nuint bytes) => !Fails(MemoryCalls.Decommit) && _system.Close(start, bytes);

    // Never refused: the finalizers of one program would be refused what another was to be.
    public bool Release(nint start, nuint bytes)
    {
        GC.RemoveMemoryPressure((long)bytes);
        return _system.Release(start, bytes);
    }

    public bool Move(nint from, nuint fromBytes, nuint bytes, nint to, nuint toBytes)
    {
        bool moved = !Fails(MemoryCalls.Move) && _system.Move(from, fromBytes, bytes, to, toBytes);
        if (moved)
        {
            GC.RemoveMemoryPressure((long)fromBytes);
        }

        return moved;
    }

    public bool TryMeasureResident(nint start, nuint bytes, out nuint resident) => _system.TryMeasureResident(start, bytes, out resident);

    public nint AllocateAligned(nuint bytes, nuint alignment) => Fails(MemoryCalls.Allocate) ? 0 : _system.AllocateAligned(bytes, alignment);

    public void FreeAligned(nint start, nuint alignment) => _system.FreeAligned(start, alignment);
}
