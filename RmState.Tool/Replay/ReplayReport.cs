using Rm.Tool.Replay.Threads;

namespace Rm.Tool.Replay;

/// <summary>What one replay in a process of its own came to.</summary>
internal sealed record ReplayReport
{
    /// <summary>Why the replay ended early; null when it did not.</summary>
    public string? Error { get; init; }

    /// <summary>The time the replaying thread ran in the timed loop, by event (<see cref="ThreadClock"/>); on threads, that of the process.</summary>
    public double NanosecondsPerEvent { get; init; }

    /// <summary>The duration of the timed loop by event, with what other programs took of the processor.</summary>
    public double WallNanosecondsPerEvent { get; init; }

    /// <summary>Resident bytes before the heap was made.</summary>
    public long StartRss { get; init; }

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

    /// <summary>The memory over the replay; null if it was not looked at.</summary>
    public IReadOnlyList<MemorySample>? Samples { get; init; }

    /// <summary>The heap at one moment; null if none was asked for, or there is no arena.</summary>
    public HeapSnapshot? Snapshot { get; init; }

    /// <summary>What only a replay on threads can tell; null for others.</summary>
    public ThreadFigures? OnThreads { get; init; }

    /// <summary>What went wrong, one line each; nothing for a replay in which every check held.</summary>
    public IEnumerable<string> Failures()
    {
        foreach (string message in Messages)
        {
            yield return message;
        }

        if (Violations > Messages.Count)
        {
            yield return $"and {Violations - Messages.Count:N0} violations more";
        }

        if (Error is not null)
        {
            yield return Error;
        }
        else if (!PlantedErrorSeen)
        {
            yield return "the byte overwritten in the spare block was not reported: the content check sees nothing";
        }
    }
}
