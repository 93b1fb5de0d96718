using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Campaigns;

/// <summary>The campaigns over what a state records: places, holders, histories, and blocks that went.</summary>
internal static class SiteCatalog
{
    private static readonly (OpCode, int)[] Working =
    [
        (OpCode.At, 90), (OpCode.Malloc, 30), (OpCode.TryMalloc, 8), (OpCode.Calloc, 4), (OpCode.Aligned, 4), (OpCode.Realloc, 10), (OpCode.TryRealloc, 6),
        (OpCode.AttachDelegate, 6), (OpCode.AttachFunction, 6), (OpCode.AttachOrRetainDelegate, 3), (OpCode.AttachHeap, 3), (OpCode.AttachHeapSized, 3),
        (OpCode.Retain, 60), (OpCode.TryRetain, 15), (OpCode.Release, 60), (OpCode.TryRelease, 15), (OpCode.ReleaseRef, 8), (OpCode.Detach, 4),
        (OpCode.TryDetach, 3), (OpCode.AttachOrRetainAgain, 4), (OpCode.ReleaseAll, 12), (OpCode.Generation, 3),
    ];

    private static readonly (OpCode, int)[] Diagnosing =
    [
        (OpCode.RetainAs, 40), (OpCode.EndHold, 45), (OpCode.WhoHolds, 6), (OpCode.ExplainAt, 14), (OpCode.Explain, 4), (OpCode.LookAt, 2), (OpCode.MisuseAt, 3),
    ];

    public static IReadOnlyList<Campaign> All { get; } = [Short(), Reuse(), Long(), Faults()];

    // Few blocks that come and go at few addresses, at every level.
    private static CampaignProfile Short() => new()
    {
        Name = "sites",
        Steps =
        [
            .. Working, .. Diagnosing, (OpCode.Level, 8), (OpCode.RetainMany, 2), (OpCode.ReleaseMany, 2), (OpCode.Preset, 2), (OpCode.Verify, 4), (OpCode.Reset, 2),
            (OpCode.Trim, 2), (OpCode.Enumerate, 3), (OpCode.ReuseBehind, 3), (OpCode.AttachNext, 4), (OpCode.React, 8),
        ],
        Reactions = Enum.GetValues<Reaction>(),
        MinLength = 10,
        MaxLength = 500,
        MaxLive = 12,
        Presets = [2, 60, 61, 1L << 33],
        Sizes = [0, 16, 24, 64, 100, 512],
        Levels = Enum.GetValues<RmDiagnosticsLevel>(),
        Histories = [1, 2, 8],
        Quarantines = [0, 1, 4, 64],
        StepsPerRound = 12_000,
    };

    // The same few addresses over and over, while the level goes up and down: nothing of a block may stick to the next.
    private static CampaignProfile Reuse() => new()
    {
        Name = "sites-reuse",
        Steps =
        [
            (OpCode.At, 12), (OpCode.Malloc, 25), (OpCode.AttachDelegate, 4), (OpCode.Retain, 45), (OpCode.Release, 60), (OpCode.ReleaseAll, 8), (OpCode.Detach, 2),
            (OpCode.Level, 30), (OpCode.RetainAs, 12), (OpCode.EndHold, 16), (OpCode.ExplainAt, 8), (OpCode.WhoHolds, 4), (OpCode.AttachNext, 3),
            (OpCode.Realloc, 2), (OpCode.Verify, 2),
        ],
        MinLength = 20,
        MaxLength = 600,
        MaxLive = 3,
        Capacities = [16],
        Sizes = [24],
        Allocators = [AllocatorKind.Region, AllocatorKind.Region, AllocatorKind.Malloc, AllocatorKind.Arena],
        Levels = Enum.GetValues<RmDiagnosticsLevel>(),
        Quarantines = [1, 16],
        StepsPerRound = 12_000,
    };

    // Hundreds of blocks in tables that grow and shrink, mostly with all recorded from the beginning.
    private static CampaignProfile Long() => new()
    {
        Name = "sites-long",
        Steps = [.. Working, .. Working, .. Diagnosing, (OpCode.Level, 1), (OpCode.Trim, 2), (OpCode.AttachNext, 2), (OpCode.ReuseBehind, 1)],
        MinLength = 2000,
        MaxLength = 12_000,
        MaxLive = 600,
        Capacities = [1, 16],
        Levels = [RmDiagnosticsLevel.Sites, RmDiagnosticsLevel.Full],
        Histories = [3, 64],
        Quarantines = [16, 1024],
        StepsPerRound = 12_000,
    };

    // No memory for records: notes get lost, and nothing else.
    private static CampaignProfile Faults() => new()
    {
        Name = "sites-faults",
        Steps =
        [
            .. Working, .. Diagnosing, (OpCode.Level, 6), (OpCode.FailTable, 30), (OpCode.TableDown, 6), (OpCode.TableUp, 8), (OpCode.FailAllocator, 10),
            (OpCode.Trim, 3), (OpCode.Reset, 1), (OpCode.React, 6),
        ],
        Reactions = Enum.GetValues<Reaction>(),
        MinLength = 50,
        MaxLength = 2500,
        MaxLive = 300,
        Allocators = [AllocatorKind.Region, AllocatorKind.SizedRegion, AllocatorKind.Malloc, AllocatorKind.Arena, AllocatorKind.PassThrough],
        Levels = Enum.GetValues<RmDiagnosticsLevel>(),
        Quarantines = [0, 8, 1024],
        DefaultTablePercent = 0,
        StepsPerRound = 12_000,
    };
}
