using System.Diagnostics.Tracing;

namespace Rm.Events;

// What comes without being asked for: states, leaks, violations.
internal sealed unsafe partial class RmEventSource
{
    private const int StateCreatedId = 1;
    private const int StateDisposedId = 2;
    private const int StateResetId = 3;
    private const int StateDroppedId = 4;
    private const int StateLeakedId = 5;
    private const int BlockLeakedId = 6;
    private const int ViolationReportedId = 7;

    [Event(StateCreatedId, Level = EventLevel.Informational, Keywords = Keywords.Lifecycle, Message = "State '{1}' was made.")]
    public void StateCreated(ulong state, string? name)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Lifecycle))
        {
            WriteNamed(StateCreatedId, state, name, 0, 0, numbers: 0);
        }
    }

    [Event(StateDisposedId, Level = EventLevel.Informational, Keywords = Keywords.Lifecycle, Message = "State '{1}' was disposed after {2} blocks, {3} violations.")]
    public void StateDisposed(ulong state, string? name, long blocks, long violations)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Lifecycle))
        {
            WriteNamed(StateDisposedId, state, name, blocks, violations, numbers: 2);
        }
    }

    [Event(StateResetId, Level = EventLevel.Informational, Keywords = Keywords.Lifecycle, Message = "State '{1}' was reset.")]
    public void StateReset(ulong state, string? name)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Lifecycle))
        {
            WriteNamed(StateResetId, state, name, 0, 0, numbers: 0);
        }
    }

    [Event(StateDroppedId, Level = EventLevel.Warning, Keywords = Keywords.Lifecycle, Message = "State '{1}' was dropped without Dispose; {2} blocks of {3} bytes stay.")]
    public void StateDropped(ulong state, string? name, long liveBlocks, long liveBytes)
    {
        if (IsEnabled(EventLevel.Warning, Keywords.Lifecycle))
        {
            WriteNamed(StateDroppedId, state, name, liveBlocks, liveBytes, numbers: 2);
        }
    }

    [Event(StateLeakedId, Level = EventLevel.Warning, Keywords = Keywords.Lifecycle, Message = "State '{1}' ended while {2} blocks of {3} bytes lived.")]
    public void StateLeaked(ulong state, string? name, long liveBlocks, long liveBytes)
    {
        if (IsEnabled(EventLevel.Warning, Keywords.Lifecycle))
        {
            WriteNamed(StateLeakedId, state, name, liveBlocks, liveBytes, numbers: 2);
        }
    }

    [Event(BlockLeakedId, Level = EventLevel.Warning, Keywords = Keywords.Lifecycle, Message = "Block {1}: count {2}, {3} bytes.")]
    public void BlockLeaked(ulong state, ulong block, long count, long size)
    {
        if (IsEnabled(EventLevel.Warning, Keywords.Lifecycle))
        {
            const int fields = 4;
            EventData* data = stackalloc EventData[fields];
            Set(data, &state);
            Set(data + 1, &block);
            Set(data + 2, &count);
            Set(data + 3, &size);
            Write(BlockLeakedId, fields, data);
        }
    }

    [Event(ViolationReportedId, Level = EventLevel.Error, Keywords = Keywords.Violations, Message = "{2}: {4}")]
    public void ViolationReported(ulong state, string? name, string kind, ulong block, string message)
    {
        if (!IsEnabled(EventLevel.Error, Keywords.Violations))
        {
            return;
        }

        name ??= "";
        fixed (char* nameStart = name, kindStart = kind, messageStart = message)
        {
            const int fields = 5;
            EventData* data = stackalloc EventData[fields];
            Set(data, &state);
            Set(data + 1, nameStart, name.Length);
            Set(data + 2, kindStart, kind.Length);
            Set(data + 3, &block);
            Set(data + 4, messageStart, message.Length);
            Write(ViolationReportedId, fields, data);
        }
    }

    [NonEvent]
    private void WriteNamed(int id, ulong state, string? name, long first, long second, int numbers)
    {
        name ??= "";
        fixed (char* start = name)
        {
            const int most = 4;
            EventData* data = stackalloc EventData[most];
            Set(data, &state);
            Set(data + 1, start, name.Length);
            Set(data + 2, &first);
            Set(data + 3, &second);
            Write(id, 2 + numbers, data);
        }
    }
}
