namespace Rm.Tool.Replay.Threads;

/// <summary>What a replay on threads tells beyond its times.</summary>
internal sealed record ThreadFigures
{
    public required int Threads { get; init; }

    /// <summary>How often a thread waited for an object that another thread had yet to allocate.</summary>
    public required long Waits { get; init; }

    /// <summary>How often a thread waited because it was too far ahead of the slowest.</summary>
    public required long HoldUps { get; init; }

    /// <summary>The part of the processor time that went into waiting, by event.</summary>
    public required double WaitingNanosecondsPerEvent { get; init; }

    /// <summary>The most bytes that lived at once, as seen now and then.</summary>
    public required long PeakLiveBytes { get; init; }
}
