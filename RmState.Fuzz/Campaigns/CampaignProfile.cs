using Rm.Fuzz.Programs;
using Rm.Fuzz.Subjects;

namespace Rm.Fuzz.Campaigns;

/// <summary>Programs of a state.</summary>
internal sealed record CampaignProfile : Campaign
{
    private readonly OpCode[] _mix = [];

    /// <summary>Steps and how often each is drawn; the first item of a pair is repeated as often as the second says.</summary>
    public required (OpCode Code, int Weight)[] Steps
    {
        init => _mix = [.. value.SelectMany(s => Enumerable.Repeat(s.Code, s.Weight))];
    }

    public ReadOnlySpan<OpCode> Mix => _mix;

    public int[] Capacities { get; init; } = [1, 16, 64];

    public AllocatorKind[] Allocators { get; init; } =
    [
        AllocatorKind.Region, AllocatorKind.SizedRegion, AllocatorKind.Malloc, AllocatorKind.Malloc, AllocatorKind.Arena, AllocatorKind.Arena, AllocatorKind.PassThrough,
    ];

    public RmDisposePolicy[] Policies { get; init; } = [RmDisposePolicy.Free, RmDisposePolicy.Abandon, RmDisposePolicy.ThrowIfLive];

    /// <summary>Levels that states begin with.</summary>
    public RmDiagnosticsLevel[] Levels { get; init; } =
    [
        RmDiagnosticsLevel.Counters, RmDiagnosticsLevel.Counters, RmDiagnosticsLevel.Counters, RmDiagnosticsLevel.Sites, RmDiagnosticsLevel.Full,
    ];

    public int[] Histories { get; init; } = [8];

    public int[] Quarantines { get; init; } = [1024];

    public AddressStyle[] Addresses { get; init; } = Enum.GetValues<AddressStyle>();

    /// <summary>What deallocators may do; without holders there are none to end.</summary>
    public Reaction[] Reactions { get; init; } = [.. Enum.GetValues<Reaction>().Where(r => r != Reaction.EndHold)];

    public long[] Presets { get; init; } = [2];

    public int[] Sizes { get; init; } = [0, 1, 8, 16, 24, 64, 100, 512, 4000];

    /// <summary>How many of a hundred repeated retains and releases are repeated tens of thousands of times.</summary>
    public int ManyPercent { get; init; }

    /// <summary>How many of a hundred steps take any register instead of one with a live block.</summary>
    public int StrayPercent { get; init; } = 4;

    /// <summary>A bug planted in every program, for tests.</summary>
    public Sabotage Sabotage { get; init; }

    /// <summary>How many of a hundred programs leave the table's memory to the state's own default.</summary>
    public int DefaultTablePercent { get; init; } = 30;

    public override IProgramSource Draw(ulong seed, int region) => new ProgramGenerator(this, seed, region);
}
