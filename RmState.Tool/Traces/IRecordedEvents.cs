namespace Rm.Tool.Traces;

/// <summary>A recorded heap of either version, event by event.</summary>
internal interface IRecordedEvents
{
    /// <summary>The call sites so far, by number; the first is the unknown one.</summary>
    IReadOnlyList<RmSite> Sites { get; }

    /// <summary>The name of the state that was recorded; null where it has none.</summary>
    string? StateName { get; }

    /// <summary>When the recording began; null where it does not say.</summary>
    DateTimeOffset? Began { get; }

    /// <summary>Whether the recording ended in order; known after the last event.</summary>
    bool IsComplete { get; }

    /// <summary>Reads the next event.</summary>
    /// <returns>False after the last one.</returns>
    /// <exception cref="TraceException">The bytes break a rule of the format.</exception>
    bool Read(out RecordedEvent read);
}
