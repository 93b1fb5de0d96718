using Rm.Tool.Replay;

namespace Rm.Tool.Recordings;

/// <summary>What replaying a recording over one allocator came to.</summary>
internal sealed record RecordingSide
{
    public required ReplayAllocator Allocator { get; init; }

    public required long Checks { get; init; }

    /// <summary>How often the state and the model differed.</summary>
    public required long Differences { get; init; }

    /// <summary>The first few of them, one line each; and why the replay ended early, if it did.</summary>
    public required IReadOnlyList<string> Messages { get; init; }

    /// <summary>Blocks that lived after the last event.</summary>
    public required long LiveAtEnd { get; init; }

    public bool Failed => Messages.Count > 0;
}
