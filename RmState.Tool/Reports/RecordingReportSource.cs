using Rm.Tool.Replay;
using Rm.Tool.Reports.Histories;
using Rm.Tool.Reports.Models;
using Rm.Tool.Reports.Placements;
using Rm.Tool.Traces;

namespace Rm.Tool.Reports;

/// <summary>A recording of a state: with sites, addresses and a clock, and of one thread.</summary>
/// <remarks>
/// What the state itself frees as it is disposed counts as left at the end: nobody released it. What it frees as it is reset counts
/// as released, since the recording goes on. A state looks at the clock now and then only: the calls between two looks are spread evenly.
/// </remarks>
internal sealed class RecordingReportSource(string path) : IReportSource
{
    private const double MicrosecondsPerSecond = 1e6;

    // Less than the clock can tell apart: such a recording is told in calls.
    private const long LeastMicroseconds = 1000;

    private readonly RecordedSites _sites = new();
    private readonly List<int> _endedByState = [];
    private readonly List<HeapCall> _sinceTick = [];

    public ReportModel Read()
    {
        long end = 0;
        bool isComplete = false;
        string? name = null;
        RecordedEvents.Read(path, (events, read) => (end, isComplete, name) = (read.Microseconds, read.Kind == RecordedKind.End, events.StateName));
        var history = new HeapHistory(end >= LeastMicroseconds ? TimeUnit.Seconds : TimeUnit.Events);
        RecordedEvents.Read(path, (events, read) => Follow(history, events, read));
        Spread(history, end / MicrosecondsPerSecond);
        var holdings = new Holdings(history, _sites.Named);
        HeapMap? map = AddressMap.Of("at the peak of live bytes", history.PlacesAfter(history.PeakCall));
        return new ReportModel
        {
            Name = string.IsNullOrEmpty(name) ? ReplayResult.ShortName(path) : name,
            Kind = isComplete ? "recording of a state" : "recording of a state, unfinished",
            Axis = history.Axis,
            Totals = history.Totals,
            Live = history.Live,
            Sizes = history.Sizes,
            Lifetimes = history.Lifetimes,
            Holders = holdings.AtPeak(),
            Map = map,
            MapAbsence = map is null ? "There is no map: no block of the recording has a place that can be shown." : null,
            Leaks = holdings.AtEnd(),
        };
    }

    private void Follow(HeapHistory history, IRecordedEvents events, RecordedEvent read)
    {
        if (read.Born == RecordedEvent.None && (read.WithoutCaller || read.Kind == RecordedKind.Abandon))
        {
            _endedByState.Add(read.Ended);
            return;
        }

        if (read.Born == RecordedEvent.None && read.Ended == RecordedEvent.None)
        {
            return;
        }

        double now = read.Microseconds / MicrosecondsPerSecond;
        if (read.Born != RecordedEvent.None)
        {
            foreach (int ended in _endedByState)
            {
                Add(history, new HeapCall { Thread = 0, Seconds = now, Released = ended });
            }

            _endedByState.Clear();
        }

        Add(history, new HeapCall
        {
            Thread = 0,
            Seconds = now,
            Released = read.Ended,
            Allocates = read.Born != RecordedEvent.None,
            Bytes = read.Size == RecordedEvent.UnknownSize ? 0 : (long)read.Size,
            Site = read.Born == RecordedEvent.None ? 0 : _sites.NumberOf(events.Sites[read.Site], read.Kind),
            Address = read.Address,
        });
    }

    private void Add(HeapHistory history, HeapCall call)
    {
        if (_sinceTick is [var first, ..] && call.Seconds > first.Seconds)
        {
            Spread(history, call.Seconds);
        }

        _sinceTick.Add(call);
    }

    private void Spread(HeapHistory history, double next)
    {
        for (int i = 0; i < _sinceTick.Count; i++)
        {
            HeapCall call = _sinceTick[i];
            history.Add(call with { Seconds = call.Seconds + ((next - call.Seconds) * i / _sinceTick.Count) });
        }

        _sinceTick.Clear();
    }
}
