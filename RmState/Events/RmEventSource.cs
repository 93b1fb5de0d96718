using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Tracing;

namespace Rm.Events;

/// <summary>
/// The library's trace events, under the provider name "RmState": nothing is paid for them but a look at a flag, and none is on the
/// way of a retain or a release. A state is told apart by the address of its header.
/// </summary>
/// <remarks>
/// Every event asks whether anybody listens before it looks at its arguments, and none allocates on the managed heap; a listener in
/// this process allocates what it shows. Thread rule: any thread.
/// </remarks>
[EventSource(Name = SourceName)]
internal sealed unsafe partial class RmEventSource : EventSource
{
#if RM_HOOKLESS
    internal const string SourceName = "RmState.Hookless";
#else
    internal const string SourceName = "RmState";
#endif

    // What EventSource declares for readers that it cannot know; here it is handed addresses of numbers and characters only.
    private const string OnlyPrimitives = "Payloads are numbers and strings.";

    private RmEventSource()
    {
    }

    /// <summary>The only one there is.</summary>
    internal static RmEventSource Log { get; } = new();

    /// <summary>The masks that <c>dotnet-trace --providers RmState:mask:level</c> takes.</summary>
    public static class Keywords
    {
        /// <summary>States that come and go, and what lived when they went.</summary>
        public const EventKeywords Lifecycle = (EventKeywords)1;

        /// <summary>Detected misuse.</summary>
        public const EventKeywords Violations = (EventKeywords)2;

        /// <summary>Every operation of the states that are traced.</summary>
        public const EventKeywords Operations = (EventKeywords)4;

        /// <summary>Tables that are resized, chunks of arenas.</summary>
        public const EventKeywords Memory = (EventKeywords)8;
    }

    private static void Set<T>(EventData* data, T* value)
        where T : unmanaged
    {
        data->DataPointer = (nint)value;
        data->Size = sizeof(T);
    }

    // Strings end with a zero, so that the end of one is a string too.
    private static void Set(EventData* data, char* start, int length)
    {
        data->DataPointer = (nint)start;
        data->Size = (length + 1) * sizeof(char);
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = OnlyPrimitives)]
    [NonEvent]
    private void Write(int id, int count, EventData* data) => WriteEventCore(id, count, data);
}
