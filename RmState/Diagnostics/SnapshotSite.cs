namespace Rm.Diagnostics;

/// <summary>A site in a snapshot's JSON.</summary>
internal readonly record struct SnapshotSite
{
    public string? File { get; init; }

    public int Line { get; init; }
}
