using Rm.Arenas;
using Rm.Membufs;
using Rm.Tests.Faults;

namespace Rm.Tests.LeakCheck;

/// <summary>
/// The base of tests that hold native memory: whatever they take through it must be given back before they end, or they fail.
/// </summary>
public abstract class LeakChecked : IDisposable
{
    // Most tests are of states that record nothing, as most users have them. Set the variable to see where a leak was allocated.
    private static readonly RmDiagnosticsLevel LevelOfRun =
        Enum.TryParse(Environment.GetEnvironmentVariable("RMSTATE_TEST_LEVEL"), out RmDiagnosticsLevel level) ? level : RmDiagnosticsLevel.Counters;

    private readonly LeakChecker _checker = new();

    protected LeakChecked() => _checker.Watch(() => Blocks.Complaint());

    /// <summary>Native blocks from outside any state.</summary>
    private protected NativeBlocks Blocks { get; } = new();

    /// <summary>xunit makes one instance a test and disposes it afterwards; what is thrown here fails the test.</summary>
    public virtual void Dispose()
    {
        GC.SuppressFinalize(this);
        _checker.Check();
    }

    protected RmState NewState(RmStateOptions? options = null)
    {
        RmState state = _checker.Watch(options is null ? new RmState() : new RmState(options));
        if (LevelOfRun > state.Level)
        {
            state.Level = LevelOfRun;
        }

        return state;
    }

    protected Arena NewArena(ArenaOptions? options = null) => _checker.Watch(options is null ? new Arena() : new Arena(options));

    protected MembufHeap NewMembufHeap(MembufHeapOptions? options = null) =>
        _checker.Watch(options is null ? new MembufHeap() : new MembufHeap(options));

    private protected FaultyVirtualMemory NewVirtualMemory(FaultPlan? faults = null, MemoryKind kind = MemoryKind.Native)
    {
        var memory = new FaultyVirtualMemory(faults, kind);
        _checker.Watch(memory.Complaint);
        return memory;
    }

    private protected CountingAllocator NewAllocator(FaultPlan? faults = null, bool knowsSizes = false)
    {
        var allocator = new CountingAllocator(faults, knowsSizes);
        _checker.Watch(allocator.Complaint);
        return allocator;
    }

    private protected CountingTableMemory NewTableMemory(FaultPlan? faults = null)
    {
        var memory = new CountingTableMemory(faults);
        _checker.Watch(memory.Complaint);
        return memory;
    }
}
