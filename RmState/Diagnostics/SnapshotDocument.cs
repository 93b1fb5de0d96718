using System.Text.Json.Serialization;

namespace Rm.Diagnostics;

/// <summary>A snapshot as its JSON holds it; described in docs/diagnostics.md.</summary>
internal sealed class SnapshotDocument
{
    internal const string ExpectedFormat = "rmstate-snapshot";
    internal const int ExpectedVersion = 1;

    [JsonPropertyOrder(-2)]
    public string? Format { get; init; }

    [JsonPropertyOrder(-1)]
    public int Version { get; init; }

    public string? StateName { get; init; }

    public DateTimeOffset? Time { get; init; }

    public RmDiagnosticsLevel Level { get; init; }

    public long Operation { get; init; }

    public RmStatistics? Statistics { get; init; }

    public SnapshotSite[]? Sites { get; init; }

    public SnapshotBlock[]? Blocks { get; init; }
}
