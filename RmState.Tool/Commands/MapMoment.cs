using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Rm.Tool.Traces;

namespace Rm.Tool.Commands;

/// <summary>When a replay's heap is drawn: at the peak of live bytes, at the end, or after a number of events.</summary>
internal readonly record struct MapMoment
{
    private const string PeakName = "peak";
    private const string EndName = "end";

    private readonly string? _name;
    private readonly int _event;

    private MapMoment(string? name, int number)
    {
        _name = name;
        _event = number;
    }

    public static MapMoment Peak => new(PeakName, 0);

    /// <summary>Reads <c>peak</c>, <c>end</c> or a number of events.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out MapMoment moment)
    {
        bool named = text is PeakName or EndName;
        bool numbered = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        moment = new MapMoment(named ? text : null, number);
        return named || numbered;
    }

    /// <summary>After how many events of a trace that is.</summary>
    /// <exception cref="TraceException">The trace has fewer.</exception>
    public int EventOf(string path, TraceStatistics trace) => _name switch
    {
        PeakName => (int)trace.PeakLiveEvent,
        EndName => (int)trace.Events,
        _ => _event <= trace.Events ? _event : throw new TraceException($"{path}: has {trace.Events} events, so the map cannot show event {_event}"),
    };

    /// <summary>The moment in words.</summary>
    public override string ToString() => _name switch
    {
        PeakName => "at the peak of live bytes",
        EndName => "at the end",
        _ => $"after event {_event}",
    };
}
