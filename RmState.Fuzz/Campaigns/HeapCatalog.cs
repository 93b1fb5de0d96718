using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Campaigns;

/// <summary>The campaigns over heaps without a state.</summary>
internal static class HeapCatalog
{
    private static readonly (OpCode, int)[] Changing =
    [
        (OpCode.HeapAllocate, 60), (OpCode.HeapZeroed, 15), (OpCode.HeapAligned, 12), (OpCode.HeapReallocate, 25), (OpCode.HeapFree, 60), (OpCode.HeapFreeTwice, 3),
    ];

    private static readonly (OpCode, int)[] Looking =
    [
        (OpCode.HeapLook, 2), (OpCode.HeapFreeAgain, 3), (OpCode.HeapFreeInside, 2), (OpCode.HeapFreeOther, 2), (OpCode.HeapFreeAt, 3),
        (OpCode.HeapReallocateWrong, 2), (OpCode.HeapBadArgument, 1), (OpCode.HeapVerify, 1),
    ];

    private static readonly (OpCode, int)[] Trimming = [(OpCode.HeapTrim, 4), (OpCode.ArenaTrim, 4), (OpCode.ArenaSpare, 1)];

    public static IReadOnlyList<Campaign> All { get; } = [Small(), Large(), Limits(), Faults(), Regions(), Passed(), Elements(), ElementFaults()];

    // Small blocks by the thousand: magazines fill and empty, slabs come and go.
    private static HeapProfile Small() => new()
    {
        Name = "heap-small",
        Steps = [.. Changing, .. Looking, (OpCode.HeapTrim, 1), (OpCode.ArenaTrim, 1), (OpCode.HeapRenew, 1)],
        MinLength = 200,
        MaxLength = 6000,
        MaxLive = 1200,
        MaxSize = 2048,
        StepsPerRound = 20_000,
    };

    // From slabs of one block to mappings of their own, growing and shrinking.
    private static HeapProfile Large() => new()
    {
        Name = "heap-large",
        Steps = [.. Changing, (OpCode.HeapZeroed, 40), (OpCode.HeapAligned, 20), (OpCode.HeapReallocate, 60), .. Looking, .. Trimming],
        MinLength = 10,
        MaxLength = 300,
        MaxLive = 30,
        MaxSize = 300_000,
        HugePercent = 15,
        WideAlignmentPercent = 40,
        Spares = [0, 50, 100, 100],
        StepsPerRound = 2500,
    };

    // Little may be committed, and the limit moves.
    private static HeapProfile Limits() => new()
    {
        Name = "heap-limits",
        Steps = [.. Changing, (OpCode.ArenaLimit, 8), .. Looking, .. Trimming],
        MinLength = 20,
        MaxLength = 1000,
        MaxLive = 200,
        MaxSize = 60_000,
        HugePercent = 2,
        Limits = [1, 65536, 200_000, 1 << 20, 5_000_000],
        StepsPerRound = 8000,
    };

    // The system refuses: the n-th call, some calls at random, or every call of a kind for a while.
    private static HeapProfile Faults() => new()
    {
        Name = "heap-faults",
        Steps = [.. Changing, (OpCode.MemoryFail, 10), (OpCode.MemoryDown, 8), (OpCode.ArenaLimit, 1), .. Looking, .. Trimming, (OpCode.HeapRenew, 1)],
        MinLength = 20,
        MaxLength = 1000,
        MaxLive = 150,
        MaxSize = 60_000,
        HugePercent = 3,
        FaultPercents = [0, 0, 2, 10, 40],
        StepsPerRound = 8000,
    };

    // Memory of the caller's own, dirty and not to be given back.
    private static HeapProfile Regions() => new()
    {
        Name = "heap-regions",
        Steps = [.. Changing, .. Looking, .. Trimming, (OpCode.HeapRenew, 1), (OpCode.MemoryDown, 1)],
        MinLength = 20,
        MaxLength = 1000,
        MaxLive = 200,
        MaxSize = 20_000,
        HugePercent = 1,
        Lent = [65536 * 3, 1_000_000, 4 << 20],
        StepsPerRound = 8000,
    };

    private static HeapProfile Passed() => new()
    {
        Name = "heap-passed",
        Steps = [.. Changing, .. Looking, .. Trimming, (OpCode.ArenaLimit, 2), (OpCode.HeapRenew, 1), (OpCode.MemoryFail, 2), (OpCode.MemoryDown, 1)],
        MinLength = 20,
        MaxLength = 600,
        MaxLive = 100,
        MaxSize = 10_000,
        HugePercent = 1,
        PassThrough = true,
        BlockHeaps = [0, 0, 1],
        Limits = [0, 0, 100_000],
        StepsPerRound = 8000,
    };

    // Elements of one size, beside general blocks in the same arena.
    private static HeapProfile Elements() => new()
    {
        Name = "elements",
        Steps = [.. Changing, .. Looking, .. Trimming, (OpCode.HeapRenew, 1)],
        MinLength = 50,
        MaxLength = 3000,
        MaxLive = 800,
        MaxSize = 2000,
        Heaps = [0, 0, 0, 1],
        BlockHeaps = [1, 1, 2],
        StepsPerRound = 10_000,
    };

    private static HeapProfile ElementFaults() => new()
    {
        Name = "element-faults",
        Steps = [.. Changing, (OpCode.MemoryFail, 8), (OpCode.MemoryDown, 6), (OpCode.ArenaLimit, 5), .. Looking, .. Trimming, (OpCode.HeapRenew, 1)],
        MinLength = 20,
        MaxLength = 1000,
        MaxLive = 300,
        MaxSize = 2000,
        Heaps = [0, 0, 1],
        BlockHeaps = [1, 1, 2],
        Limits = [0, 1 << 20],
        FaultPercents = [0, 0, 2, 10],
        Lent = [0, 0, 1_000_000],
        StepsPerRound = 10_000,
    };
}
