namespace Rm.Diagnostics;

/// <summary>How the blocks of one site changed from one snapshot to another.</summary>
/// <param name="Site">Where they were allocated or attached.</param>
/// <param name="CountDelta">Blocks more, or fewer if negative.</param>
/// <param name="BytesDelta">Bytes of known size more, or fewer if negative.</param>
public readonly record struct RmSiteGrowth(RmSite Site, long CountDelta, long BytesDelta)
{
    /// <summary>The site and both differences with their signs.</summary>
    /// <returns>For example <c>Decoder.cs:88: +120 blocks, +491520 bytes</c>.</returns>
    public override string ToString() => FormattableString.Invariant($"{Site}: {CountDelta:+0;-0;0} blocks, {BytesDelta:+0;-0;0} bytes");
}
