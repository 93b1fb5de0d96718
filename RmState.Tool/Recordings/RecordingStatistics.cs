using Rm.Tool.Traces;

namespace Rm.Tool.Recordings;

/// <summary>What a recording comes to, read once from end to end.</summary>
internal sealed record RecordingStatistics
{
    /// <summary>The state's name; null where it had none.</summary>
    public string? StateName { get; private set; }

    /// <summary>Whether the recording was finished in order.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Operations and violations.</summary>
    public long Events { get; private set; }

    public long Objects { get; private set; }

    public long Violations { get; private set; }

    public long Sites { get; private set; }

    public ulong PeakLiveBytes { get; private set; }

    public long LiveObjects { get; private set; }

    /// <summary>Objects that nobody released: they lived when the recording ended, or were freed by their state at its end.</summary>
    public long Leaked { get; private set; }

    /// <summary>Reads a whole recording.</summary>
    /// <exception cref="TraceException">It cannot be read, or breaks a rule of the format.</exception>
    public static RecordingStatistics Of(string path)
    {
        var statistics = new RecordingStatistics();
        ulong live = 0;
        IRecordedEvents? source = null;
        RecordedEvents.Read(path, (events, read) =>
        {
            source = events;
            statistics.Events += read.Kind <= RecordedKind.Violation ? 1 : 0;
            statistics.Violations += read.Kind == RecordedKind.Violation ? 1 : 0;
            statistics.Objects += read.Born != RecordedEvent.None ? 1 : 0;
            statistics.LiveObjects += (read.Born != RecordedEvent.None ? 1 : 0) - (read.Ended != RecordedEvent.None ? 1 : 0);
            statistics.Leaked += read.WithoutCaller ? 1 : 0;
            live -= read.EndedSize == RecordedEvent.UnknownSize ? 0 : read.EndedSize;
            live += read.Size == RecordedEvent.UnknownSize ? 0 : read.Size;
            statistics.PeakLiveBytes = Math.Max(statistics.PeakLiveBytes, live);
        });
        statistics.Leaked += statistics.LiveObjects;
        statistics.StateName = source?.StateName;
        statistics.IsComplete = source?.IsComplete ?? false;
        statistics.Sites = (source?.Sites.Count ?? 1) - 1;
        return statistics;
    }
}
