using System.Diagnostics.Tracing;
using Rm.Events;

namespace Rm.Tests.Events;

/// <summary>Listens in this process to the library's events that concern one thing, by the value of its first payload field.</summary>
internal sealed class EventRecorder(EventLevel level, EventKeywords keywords) : EventListener
{
    // The base constructor tells of sources that exist already, before this object is ready.
    private readonly List<EventWrittenEventArgs> _events = [];

    public EventRecorder Start()
    {
        EnableEvents(RmEventSource.Log, level, keywords);
        return this;
    }

    /// <summary>The events about a state or a named arena.</summary>
    public IReadOnlyList<EventWrittenEventArgs> Of(object first)
    {
        lock (_events)
        {
            return [.. _events.Where(e => Equals(e.Payload![0], first))];
        }
    }

    /// <summary>The events about a state, as in <c>Retained(4096, 2, A.cs, 10)</c>, without the state and its name.</summary>
    public IEnumerable<string> TextsOf(RmState state) => Of(state.EventId).Select(Text);

    public static string Text(EventWrittenEventArgs written) =>
        $"{written.EventName}({string.Join(", ", written.Payload!.Skip(1))})";

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        lock (_events)
        {
            _events.Add(eventData);
        }
    }
}
