namespace Rm.Tool.Replay;

/// <summary>What one replay in a process of its own came to.</summary>
internal sealed record ReplayReport
{
    /// <summary>Why the replay ended early; null when it did not.</summary>
    public string? Error { get; init; }

    public double NanosecondsPerEvent { get; init; }

    /// <summary>Peak resident bytes during the timed loop, less those resident at its start.</summary>
    public long PeakRssOverStart { get; init; }

    /// <summary>Blocks of the trace that were live after its last event, as the replay counted them.</summary>
    public long LiveAtEnd { get; init; }

    public long Checks { get; init; }

    public long Violations { get; init; }

    /// <summary>The first few violations, one line each.</summary>
    public IReadOnlyList<string> Messages { get; init; } = [];

    /// <summary>Whether the overwritten byte in the spare block was reported.</summary>
    public bool PlantedErrorSeen { get; init; }

    /// <summary>References added by holders; 0 in a plain replay.</summary>
    public long Retains { get; init; }
}
