using Rm.Tool.Replay;

namespace Rm.Tool.Recordings;

/// <summary>All that was found out about one recording of a state.</summary>
internal sealed record RecordingResult
{
    public required string Path { get; init; }

    public required RecordingStatistics Recording { get; init; }

    public required IReadOnlyList<RecordingSide> Sides { get; init; }

    public string Name => ReplayResult.ShortName(Path);

    public bool Failed => Sides.Any(static s => s.Failed);
}
