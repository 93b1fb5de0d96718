namespace Rm.Tool.Traces;

/// <summary>The events of a version 1 trace as those of a recording: without addresses, sites, counts other than 1 and time.</summary>
internal sealed class TraceEvents(TraceReader reader) : IRecordedEvents
{
    public IReadOnlyList<RmSite> Sites { get; } = [new RmSite("", 0)];

    public string? StateName => null;

    public DateTimeOffset? Began => null;

    public bool IsComplete { get; private set; }

    public bool Read(out RecordedEvent read)
    {
        if (!reader.Read(out TraceEvent heard))
        {
            IsComplete = true;
            read = default;
            return false;
        }

        read = new RecordedEvent
        {
            Kind = heard.Op switch
            {
                TraceOp.Calloc => RecordedKind.Calloc,
                TraceOp.Aligned => RecordedKind.Aligned,
                TraceOp.Free => RecordedKind.Free,
                TraceOp.Realloc when heard.Released != TraceEvent.None => RecordedKind.Realloc,
                _ => RecordedKind.Malloc,
            },
            Object = heard.Allocated != TraceEvent.None ? heard.Allocated : heard.Released,
            Born = heard.Allocated,
            Ended = heard.Released,
            Size = heard.Size,
            EndedSize = heard.ReleasedSize,
            Count = heard.Allocated != TraceEvent.None ? 1 : 0,
            AlignmentLog2 = heard.AlignmentLog2,
            Thread = heard.Thread,
        };
        return true;
    }
}
