using System.Diagnostics.Tracing;

namespace Rm.Events;

// Address space and tables: rare, and told where it happens.
internal sealed unsafe partial class RmEventSource
{
    private const int TableResizedId = 8;
    private const int ArenaGrownId = 9;
    private const int ArenaShrunkId = 10;

    [Event(TableResizedId, Level = EventLevel.Informational, Keywords = Keywords.Memory, Message = "The table goes from {1} slots to {2}.")]
    public void TableResized(ulong state, long before, long after)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Memory))
        {
            const int fields = 3;
            EventData* data = stackalloc EventData[fields];
            Set(data, &state);
            Set(data + 1, &before);
            Set(data + 2, &after);
            Write(TableResizedId, fields, data);
        }
    }

    [Event(ArenaGrownId, Level = EventLevel.Informational, Keywords = Keywords.Memory, Message = "Arena '{0}' took {2} bytes of address space.")]
    public void ArenaGrown(string? name, ulong start, ulong bytes)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Memory))
        {
            WriteChunk(ArenaGrownId, name, start, bytes);
        }
    }

    [Event(ArenaShrunkId, Level = EventLevel.Informational, Keywords = Keywords.Memory, Message = "Arena '{0}' gave {2} bytes of address space back.")]
    public void ArenaShrunk(string? name, ulong start, ulong bytes)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Memory))
        {
            WriteChunk(ArenaShrunkId, name, start, bytes);
        }
    }

    [NonEvent]
    private void WriteChunk(int id, string? name, ulong chunk, ulong bytes)
    {
        name ??= "";
        fixed (char* start = name)
        {
            const int fields = 3;
            EventData* data = stackalloc EventData[fields];
            Set(data, start, name.Length);
            Set(data + 1, &chunk);
            Set(data + 2, &bytes);
            Write(id, fields, data);
        }
    }
}
