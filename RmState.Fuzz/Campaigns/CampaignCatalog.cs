using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Campaigns;

/// <summary>The campaigns: together they draw every step, each makes another kind of state.</summary>
internal static class CampaignCatalog
{
    private static readonly int[] OddCapacities = [1, 2, 3, 5, 7, 8, 16, 33, 64, 100, 255, 1000, 4096];

    private static readonly (OpCode, int)[] Lookups =
    [
        (OpCode.Look, 4), (OpCode.LookAt, 2), (OpCode.MisuseAt, 1), (OpCode.NullArgument, 1), (OpCode.BadArgument, 1), (OpCode.EnumerateChanged, 1),
    ];

    private static readonly (OpCode, int)[] Counting =
    [
        (OpCode.Retain, 60), (OpCode.TryRetain, 20), (OpCode.Release, 60), (OpCode.TryRelease, 20), (OpCode.ReleaseRef, 10),
        (OpCode.Detach, 4), (OpCode.TryDetach, 4), (OpCode.AttachOrRetainAgain, 4), (OpCode.AttachAgain, 1), (OpCode.TryAttachAgain, 2),
    ];

    private static readonly (OpCode, int)[] Allocating =
    [
        (OpCode.Malloc, 60), (OpCode.TryMalloc, 20), (OpCode.MallocTyped, 8), (OpCode.Calloc, 8), (OpCode.TryCalloc, 6), (OpCode.Aligned, 8),
        (OpCode.TryAligned, 6), (OpCode.ReallocNull, 4), (OpCode.TryReallocNull, 4), (OpCode.Realloc, 10), (OpCode.TryRealloc, 10),
    ];

    private static readonly (OpCode, int)[] Attaching =
    [
        (OpCode.AttachDelegate, 20), (OpCode.TryAttachDelegate, 10), (OpCode.AttachOrRetainDelegate, 8), (OpCode.AttachFunction, 10),
        (OpCode.AttachFunctionContext, 10),
    ];

    private static readonly (OpCode, int)[] HeapAttaching =
    [
        (OpCode.AttachHeap, 4), (OpCode.AttachHeapSized, 4), (OpCode.TryAttachHeap, 4), (OpCode.AttachOrRetainHeap, 4),
    ];

    public static IReadOnlyList<Campaign> All { get; } =
    [
        Short(), Storms(), Faults(), Addresses(), Counts(), Churn(), Long(), .. SiteCatalog.All, .. HeapCatalog.All, .. MembufCatalog.All,
    ];

    // Many tiny states: construction, every policy, every end.
    private static CampaignProfile Short() => new()
    {
        Name = "short",
        Steps =
        [
            .. Allocating, .. Attaching, .. HeapAttaching, .. Counting, .. Lookups, (OpCode.Preset, 2), (OpCode.Generation, 6), (OpCode.Enumerate, 4),
            (OpCode.Report, 2), (OpCode.Trim, 4), (OpCode.Verify, 4), (OpCode.Reset, 2), (OpCode.ReuseBehind, 4), (OpCode.AttachNext, 6), (OpCode.React, 10),
            (OpCode.FailAllocator, 2), (OpCode.FailTable, 2), (OpCode.Reenter, 1), (OpCode.ReleaseAll, 10),
        ],
        MinLength = 1,
        MaxLength = 120,
        MaxLive = 40,
        Capacities = OddCapacities,
        Presets = [1, 2, 255, 256, 65535, 65536, int.MaxValue, uint.MaxValue, long.MaxValue - 1, long.MaxValue],
        StrayPercent = 12,
    };

    // Deallocators that release each other, throw, allocate and misuse the state that runs them.
    private static CampaignProfile Storms() => new()
    {
        Name = "storms",
        Steps =
        [
            .. Attaching, (OpCode.Malloc, 20), (OpCode.AttachNext, 20), (OpCode.React, 90), (OpCode.Release, 20), (OpCode.TryRelease, 8), (OpCode.ReleaseRef, 4),
            (OpCode.ReleaseAll, 12), (OpCode.Retain, 12), (OpCode.Detach, 2), (OpCode.Look, 4), (OpCode.Enumerate, 1), (OpCode.Trim, 1), (OpCode.Reset, 1),
        ],
        MinLength = 20,
        MaxLength = 3000,
        MaxLive = 400,
        Policies = [RmDisposePolicy.Free],
    };

    // The n-th call of the allocator or of the table's memory fails, or every one for a while.
    private static CampaignProfile Faults() => new()
    {
        Name = "faults",
        Steps =
        [
            .. Allocating, .. Attaching, .. HeapAttaching, .. Counting, (OpCode.FailAllocator, 30), (OpCode.FailTable, 30), (OpCode.TableDown, 6),
            (OpCode.TableUp, 6), (OpCode.Reenter, 2), (OpCode.Generation, 8), (OpCode.Preset, 4), (OpCode.Trim, 6), (OpCode.ReuseBehind, 4),
            (OpCode.AttachNext, 4), (OpCode.ReleaseAll, 20), (OpCode.Reset, 1),
        ],
        MinLength = 50,
        MaxLength = 3000,
        MaxLive = 700,
        Capacities = OddCapacities,
        Allocators = [AllocatorKind.Region, AllocatorKind.SizedRegion, AllocatorKind.Arena, AllocatorKind.Arena, AllocatorKind.PassThrough],
        Presets = [1, 70_000, 1L << 33],
        DefaultTablePercent = 0,
    };

    // Invented addresses only, unkind to packing and hashing.
    private static CampaignProfile Addresses() => new()
    {
        Name = "addresses",
        Steps =
        [
            .. Attaching, .. Counting, .. Lookups, (OpCode.ReleaseAll, 20), (OpCode.Trim, 1), (OpCode.Enumerate, 1), (OpCode.Preset, 2), (OpCode.Generation, 4),
        ],
        MinLength = 500,
        MaxLength = 8000,
        MaxLive = 2500,
        Presets = [1, 255, 256, 65536, 1L << 40],
    };

    // Counts of every width, moved with their slots as the table grows.
    private static CampaignProfile Counts() => new()
    {
        Name = "counts",
        Steps =
        [
            .. Attaching, (OpCode.Malloc, 30), .. Counting, (OpCode.Preset, 60), (OpCode.RetainMany, 10), (OpCode.ReleaseMany, 10), (OpCode.Generation, 20),
            (OpCode.ReleaseAll, 20), (OpCode.Realloc, 6), (OpCode.Trim, 2),
        ],
        MinLength = 100,
        MaxLength = 2000,
        MaxLive = 300,
        ManyPercent = 3,
        StepsPerRound = 12_000,
        Presets =
        [
            1, 2, 3, 0x8000, 0x8001, 0xFFF0, 126, 127, 128, 254, 255, 256, 4094, 4095, 4096, 32766, 32767, 32768, 65533, 65534, 65535, 65536, 65537, (1 << 20) - 1, 1 << 20,
            (1 << 24) - 1, 1 << 24, int.MaxValue - 1, int.MaxValue, 1L << 31, uint.MaxValue, 1L << 32, 1L << 48, long.MaxValue - 1, long.MaxValue,
        ],
    };

    // A steady number of blocks freed and allocated: addresses come back to their slots at once.
    private static CampaignProfile Churn() => new()
    {
        Name = "churn",
        Steps =
        [
            (OpCode.Malloc, 50), (OpCode.TryMalloc, 20), (OpCode.Calloc, 4), (OpCode.Release, 50), (OpCode.ReleaseAll, 20), (OpCode.Retain, 12), (OpCode.Realloc, 10),
            (OpCode.AttachNext, 2), (OpCode.ReuseBehind, 2), .. HeapAttaching, (OpCode.Trim, 1), (OpCode.Look, 4), (OpCode.Detach, 2),
        ],
        MinLength = 5_000,
        MaxLength = 30_000,
        MaxLive = 1500,
        Sizes = [16, 32, 48, 64],
        StrayPercent = 1,
    };

    // Tables that grow to thousands of blocks, shrink by Trim and grow again.
    private static CampaignProfile Long() => new()
    {
        Name = "long",
        Steps =
        [
            .. Allocating, .. Attaching, .. Counting, (OpCode.ReleaseAll, 20), (OpCode.Trim, 1), (OpCode.Look, 4), (OpCode.Generation, 1),
        ],
        MinLength = 100_000,
        MaxLength = 150_000,
        MaxLive = 10_000,
        Capacities = [1, 16, 4096],
        Addresses = [AddressStyle.Strided, AddressStyle.Strided, AddressStyle.Strided, AddressStyle.Neighbour, AddressStyle.Reused],
        Sizes = [0, 16, 24, 40, 64, 120, 256, 1024],
        StrayPercent = 1,
    };
}
