namespace Rm.Fuzz.Campaigns;

/// <summary>How invented addresses are drawn: each is unkind to some way of packing or hashing a pointer.</summary>
internal enum AddressStyle
{
    /// <summary>One base and one distance, 1 byte to 1 GiB.</summary>
    Strided,

    /// <summary>All differ above bit 48 only.</summary>
    SameLowBits,

    /// <summary>All 64 bits random: most are no addresses a process can have.</summary>
    Random,

    /// <summary>Small negative numbers, as handles and error values are.</summary>
    Negative,

    /// <summary>A few bytes or a page beside a live block.</summary>
    Neighbour,

    /// <summary>Where a block was before.</summary>
    Reused,

    /// <summary>The ends of the number range.</summary>
    Extreme,
}
