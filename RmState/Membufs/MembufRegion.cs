namespace Rm.Membufs;

/// <summary>A stretch of free memory. Mirrors an entry of Liquorice's list of holes.</summary>
/// <param name="Start">Its address.</param>
/// <param name="Bytes">Its length.</param>
public readonly record struct MembufRegion(nint Start, nuint Bytes);
