namespace Rm.Tool.Ratios;

/// <summary>A row's fixed part: what is measured, against what, and how much it may be.</summary>
/// <param name="Case">The row's name, of which there is only one.</param>
/// <param name="Peer">What ours is measured against.</param>
/// <param name="Target">The ratio at most.</param>
internal sealed record Row(string Case, string Peer, double Target)
{
    /// <summary>The peer of a row that is measured in the units its name gives, against the number 1.</summary>
    internal const string Absolute = "absolute";
}
