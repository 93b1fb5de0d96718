using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Rm.Events;

namespace Rm.Tests.Events;

/// <summary>What dotnet-trace does: a session with this process through its diagnostic port.</summary>
internal sealed class EventPipeRecorder : IDisposable
{
    private readonly EventPipeSession _session;
    private readonly MemoryStream _trace = new();
    private readonly Task _copying;

    public EventPipeRecorder(EventLevel level, EventKeywords keywords)
    {
        _session = new DiagnosticsClient(Environment.ProcessId).StartEventPipeSession(
            [new EventPipeProvider(RmEventSource.SourceName, level, (long)keywords)], requestRundown: false);
        _copying = _session.EventStream.CopyToAsync(_trace);
        Assert.True(SpinWait.SpinUntil(() => RmEventSource.Log.IsEnabled(level, keywords), TimeSpan.FromSeconds(30)));
    }

    /// <summary>Ends the session.</summary>
    /// <returns>Every event, in order: its name and payload.</returns>
    public async Task<IReadOnlyList<(string Name, object[] Payload)>> StopAsync()
    {
        await _session.StopAsync(CancellationToken.None);
        await _copying;
        _trace.Position = 0;
        var events = new List<(string, object[])>();
        using var source = new EventPipeEventSource(_trace);
        source.Dynamic.All += e =>
        {
            if (string.Equals(e.ProviderName, RmEventSource.SourceName, StringComparison.Ordinal) && e.ID != default)
            {
                events.Add((e.EventName, [.. Enumerable.Range(0, e.PayloadNames.Length).Select(e.PayloadValue)]));
            }
        };
        source.Process();
        return events;
    }

    public void Dispose()
    {
        _session.Dispose();
        _trace.Dispose();
    }
}
