using System.Diagnostics.Tracing;

namespace Rm.Events;

// One event an operation of a state that is traced. A file goes without its folders: they would be most of the trace.
internal sealed unsafe partial class RmEventSource
{
    private const int StateTracedId = 11;
    private const int AllocatedId = 12;
    private const int ReallocatedId = 13;
    private const int AttachedId = 14;
    private const int RetainedId = 15;
    private const int ReleasedId = 16;
    private const int DetachedId = 17;
    private const int FreedId = 18;

    /// <summary>Whether anybody wants the events of operations.</summary>
    internal bool WantsOperations => IsEnabled(EventLevel.Verbose, Keywords.Operations);

    [Event(StateTracedId, Level = EventLevel.Verbose, Keywords = Keywords.Operations, Message = "The operations of state '{1}' follow.")]
    public void StateTraced(ulong state, string? name) => WriteNamed(StateTracedId, state, name, 0, 0, numbers: 0);

    [Event(AllocatedId, Level = EventLevel.Verbose, Keywords = Keywords.Operations)]
    public void Allocated(ulong state, ulong block, long size, string file, int line) =>
        WriteOperation(AllocatedId, state, block, size, file, line);

    [Event(ReallocatedId, Level = EventLevel.Verbose, Keywords = Keywords.Operations)]
    public void Reallocated(ulong state, ulong block, long size, string file, int line, ulong previous) =>
        WriteOperation(ReallocatedId, state, block, size, file, line, previous, fields: 6);

    [Event(AttachedId, Level = EventLevel.Verbose, Keywords = Keywords.Operations)]
    public void Attached(ulong state, ulong block, long size, string file, int line) =>
        WriteOperation(AttachedId, state, block, size, file, line);

    [Event(RetainedId, Level = EventLevel.Verbose, Keywords = Keywords.Operations)]
    public void Retained(ulong state, ulong block, long count, string file, int line) =>
        WriteOperation(RetainedId, state, block, count, file, line);

    [Event(ReleasedId, Level = EventLevel.Verbose, Keywords = Keywords.Operations)]
    public void Released(ulong state, ulong block, long count, string file, int line) =>
        WriteOperation(ReleasedId, state, block, count, file, line);

    [Event(DetachedId, Level = EventLevel.Verbose, Keywords = Keywords.Operations)]
    public void Detached(ulong state, ulong block, long count, string file, int line) =>
        WriteOperation(DetachedId, state, block, count, file, line);

    [Event(FreedId, Level = EventLevel.Verbose, Keywords = Keywords.Operations)]
    public void Freed(ulong state, ulong block, long count, string file, int line) =>
        WriteOperation(FreedId, state, block, count, file, line);

    [NonEvent]
    private void WriteOperation(
        int id, ulong state, ulong block, long number, string file, int line, ulong previous = 0, int fields = 5)
    {
        fixed (char* start = file)
        {
            int name = file.AsSpan().LastIndexOfAny('/', '\\') + 1;
            const int most = 6;
            EventData* data = stackalloc EventData[most];
            Set(data, &state);
            Set(data + 1, &block);
            Set(data + 2, &number);
            Set(data + 3, start + name, file.Length - name);
            Set(data + 4, &line);
            Set(data + 5, &previous);
            Write(id, fields, data);
        }
    }
}
