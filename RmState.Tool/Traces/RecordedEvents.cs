namespace Rm.Tool.Traces;

/// <summary>The way into recorded heaps of either version.</summary>
internal static class RecordedEvents
{
    /// <summary>Reads a header and decides by it.</summary>
    /// <param name="bytes">A recording at its start; its owner disposes it.</param>
    /// <param name="version">What <see cref="TraceHeader.VersionOf"/> said.</param>
    /// <exception cref="TraceException">It is no recording of that version.</exception>
    public static IRecordedEvents Of(TraceBytes bytes, uint version) =>
        version == 1 ? new TraceEvents(new TraceReader(bytes)) : new RecordingReader(bytes);

    /// <summary>Reads a whole file, each event as it comes.</summary>
    /// <exception cref="TraceException">It cannot be read, or breaks a rule of the format.</exception>
    public static void Read(string path, Action<IRecordedEvents, RecordedEvent> use)
    {
        uint version = TraceHeader.VersionOf(path);
        using TraceBytes bytes = TraceBytes.Open(path);
        IRecordedEvents events = Of(bytes, version);
        while (events.Read(out RecordedEvent read))
        {
            use(events, read);
        }
    }
}
