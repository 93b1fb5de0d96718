namespace Rm.Fuzz.Campaigns;

/// <summary>A kind of programs.</summary>
internal abstract record Campaign
{
    public required string Name { get; init; }

    public required int MinLength { get; init; }

    public required int MaxLength { get; init; }

    /// <summary>Programs fill up to about this many live blocks, then empty, and again.</summary>
    public required int MaxLive { get; init; }

    /// <summary>How many steps a round takes of it: fewer where steps cost more.</summary>
    public int StepsPerRound { get; init; } = 25_000;

    /// <summary>Draws a program.</summary>
    public abstract IProgramSource Draw(ulong seed, int region);
}
