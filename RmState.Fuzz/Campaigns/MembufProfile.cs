using Rm.Fuzz.Programs;

namespace Rm.Fuzz.Campaigns;

/// <summary>Programs of a membuf heap, whose threads take turns.</summary>
internal sealed record MembufProfile : Campaign
{
    private readonly OpCode[] _mix = [];

    /// <summary>Steps and how often each is drawn; the first item of a pair is repeated as often as the second says.</summary>
    public required (OpCode Code, int Weight)[] Steps
    {
        init => _mix = [.. value.SelectMany(s => Enumerable.Repeat(s.Code, s.Weight))];
    }

    public ReadOnlySpan<OpCode> Mix => _mix;

    public int[] Threads { get; init; } = [1, 2, 2, 3, 4];

    public RmDisposePolicy[] Policies { get; init; } = Enum.GetValues<RmDisposePolicy>();

    /// <summary>Sizes usually drawn.</summary>
    public int[] Sizes { get; init; } = [0, 1, 16, 24, 32, 64, 100, 512, 4000];

    public int[] FaultPercents { get; init; } = [0];

    public long[] Limits { get; init; } = [0];

    public MembufEnd[] Ends { get; init; } = Enum.GetValues<MembufEnd>();

    /// <summary>How many of a hundred steps take any register instead of one with a live block.</summary>
    public int StrayPercent { get; init; } = 6;

    public override IProgramSource Draw(ulong seed, int region) => new MembufProgramGenerator(this, seed, region);
}
