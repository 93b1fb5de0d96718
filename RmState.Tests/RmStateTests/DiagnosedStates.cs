using Rm.Arenas;
using Rm.Tests.Faults;
using Rm.Tests.LeakCheck;
using Rm.Violations;

namespace Rm.Tests.RmStateTests;

/// <summary>The base of tests of diagnostics: states of every kind, and places to call them from.</summary>
public abstract class DiagnosedStates : LeakChecked
{
    private protected const string Net = "/src/Net.cs";
    private protected const string Decoder = "/src/Decoder.cs";
    private protected const string Player = @"C:\src\Player.cs";

    /// <summary>Where a state has its blocks, and so where it has their counts.</summary>
    public enum Kind
    {
        Malloc,
        MallocWithoutSpares,
        Allocator,
        SizedAllocator,
        SizeClassHeap,
        BlockHeap,
    }

    public static TheoryData<Kind> Kinds => [.. Enum.GetValues<Kind>()];

    /// <summary>Violations that were reported rather than thrown.</summary>
    private protected List<MemoryViolationException> Reported { get; } = [];

    private protected RmState NewState(
        Kind kind,
        RmDiagnosticsLevel level = RmDiagnosticsLevel.Sites,
        int history = 8,
        int quarantine = 1024,
        RmViolationPolicy policy = RmViolationPolicy.Throw,
        Action? broke = null,
        CountingTableMemory? table = null,
        string? name = null) => NewState(new RmStateOptions
        {
            Name = name,
            InitialCapacity = 1,
            Allocator = kind switch
            {
                Kind.Allocator => NewAllocator(),
                Kind.SizedAllocator => NewAllocator(knowsSizes: true),
                Kind.SizeClassHeap => NewArena().CreateHeap("test"),
                Kind.BlockHeap => BlockHeap.Create(512, 1000, new BlockHeapOptions { Arena = NewArena() }),
                _ => null,
            },
            KeepsSpareBlocks = kind != Kind.MallocWithoutSpares,
            Level = level,
            HistoryLength = history,
            QuarantineLength = quarantine,
            ViolationPolicy = policy,
            OnViolation = Reported.Add,
            Break = broke ?? (() => Assert.Fail("nothing may break into the debugger")),
            TableMemory = table ?? NewTableMemory(),
        });

    private protected static void ReleaseAll(RmState state, nint block)
    {
        while (state.RmRelease(block, Net, 999) > 0)
        {
        }
    }
}
