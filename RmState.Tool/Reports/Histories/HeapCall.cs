namespace Rm.Tool.Reports.Histories;

/// <summary>One heap call of a recording, of whatever format.</summary>
internal readonly record struct HeapCall
{
    /// <summary><see cref="Released"/> when the call releases nothing.</summary>
    public const int None = -1;

    public required int Thread { get; init; }

    /// <summary>Seconds since the recording began; 0 where it has no clock.</summary>
    public double Seconds { get; init; }

    /// <summary>The block it releases, or <see cref="None"/>. Blocks are numbered in the order of their allocation.</summary>
    public required int Released { get; init; }

    /// <summary>Whether it allocates a block; after the release.</summary>
    public bool Allocates { get; init; }

    /// <summary>The bytes asked for.</summary>
    public long Bytes { get; init; }

    /// <summary>The allocation's site: its place in the list of sites; 0 where there is no list.</summary>
    public int Site { get; init; }

    /// <summary>Where the allocated block is; 0 where that is unknown.</summary>
    public long Address { get; init; }
}
