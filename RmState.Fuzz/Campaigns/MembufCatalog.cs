using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Campaigns;

/// <summary>The campaigns over membuf heaps.</summary>
internal static class MembufCatalog
{
    private static readonly (OpCode, int)[] Working =
    [
        (OpCode.MembufOn, 60), (OpCode.MembufAlloc, 20), (OpCode.MembufTryAlloc, 10), (OpCode.MembufAllocRef, 8), (OpCode.MembufAllocEnding, 25),
        (OpCode.MembufAllocFunction, 8), (OpCode.MembufRef, 70), (OpCode.MembufDeref, 100), (OpCode.MembufDerefAll, 16), (OpCode.MembufReact, 20),
        (OpCode.MembufPreset, 2), (OpCode.MembufLook, 12), (OpCode.MembufStray, 5), (OpCode.MembufStrayAt, 2), (OpCode.MembufVerify, 2),
        (OpCode.MembufReport, 1), (OpCode.MembufSettle, 10), (OpCode.MembufDetach, 4),
    ];

    public static IReadOnlyList<Campaign> All { get; } = [Turns(), Faults(), Racing()];

    // Every step is compared.
    private static MembufProfile Turns() => new()
    {
        Name = "membufs",
        Steps = [.. Working, .. Working, (OpCode.MembufLeave, 2), (OpCode.MembufDispose, 1)],
        MinLength = 20,
        MaxLength = 1200,
        MaxLive = 60,
        StepsPerRound = 2500,
    };

    // The system refuses: the n-th call, some calls at random, or every call of a kind for a while.
    private static MembufProfile Faults() => new()
    {
        Name = "membufs-faults",
        Steps = [.. Working, (OpCode.MemoryFail, 12), (OpCode.MemoryDown, 10), (OpCode.MembufLeave, 1)],
        MinLength = 20,
        MaxLength = 800,
        MaxLive = 100,
        FaultPercents = [0, 0, 5, 30],
        Limits = [0, 0, 200_000, 1 << 20],
        StepsPerRound = 1500,
    };

    // No order, no model: what must hold when all is done.
    private static RacingProfile Racing() => new()
    {
        Name = "membufs-racing",
        MinLength = 20,
        MaxLength = 400,
        MaxLive = 64,
        StepsPerRound = 150,
    };
}
