namespace Rm.Fuzz.Campaigns;

/// <summary>Programs of a membuf heap, whose threads run freely: legal whatever order their steps come in.</summary>
internal sealed record RacingProfile : Campaign
{
    public int[] Threads { get; init; } = [2, 2, 2, 3, 4, 8];

    public int[] Rounds { get; init; } = [1, 10, 50, 200];

    /// <summary>How many of a hundred programs repeat a few steps that are known to be close races.</summary>
    public int TightPercent { get; init; } = 50;

    public override IProgramSource Draw(ulong seed, int region) => new RacingProgramGenerator(this, seed, region);
}
