namespace Rm.Diagnostics;

/// <summary>Live blocks that have something in common.</summary>
/// <param name="Key">What they have in common, as text: a site, a size class such as <c>up to 64 B</c>, or an age such as <c>1 s to 10 s</c>.</param>
/// <param name="Site">The site in a group by site, the unknown one included; null in others.</param>
/// <param name="Count">How many blocks.</param>
/// <param name="Bytes">Bytes of those whose size is known.</param>
/// <param name="Oldest">The greatest age among them; null when none is recorded.</param>
public readonly record struct RmBlockGroup(string Key, RmSite? Site, long Count, long Bytes, TimeSpan? Oldest)
{
    /// <summary>Key, blocks and bytes.</summary>
    /// <returns>For example <c>Decoder.cs:88: 120 blocks, 491520 bytes</c>.</returns>
    public override string ToString() => FormattableString.Invariant($"{Key}: {Count} blocks, {Bytes} bytes");
}
