namespace Rm;

/// <summary>How often one place did something to a block.</summary>
/// <param name="Site">The place.</param>
/// <param name="Count">How often, at least 1.</param>
public readonly record struct RmSiteCount(RmSite Site, long Count)
{
    /// <summary>The place and how often.</summary>
    /// <returns>For example <c>Net.cs:12 ×4</c>.</returns>
    public override string ToString() => FormattableString.Invariant($"{Site} ×{Count}");
}
