using System.Diagnostics.Metrics;

namespace Rm.Tests.Diagnostics;

/// <summary>
/// A factory whose meters only this object listens to: tests that run at the same time have meters of the same name.
/// </summary>
internal sealed class MeterRecorder : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly List<Meter> _meters = [];
    private readonly Dictionary<string, long> _values = new(StringComparer.Ordinal);

    public MeterRecorder()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == this)
            {
                Instruments.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => _values.Add(Key(instrument, tags), value));
        _listener.Start();
    }

    public List<Instrument> Instruments { get; } = [];

    /// <summary>Asks every instrument once.</summary>
    /// <returns>What they say, by name and tags, as in <c>rmstate.frees{rmstate.state.name=a}</c>.</returns>
    public IReadOnlyDictionary<string, long> Read()
    {
        _values.Clear();
        _listener.RecordObservableInstruments();
        return new Dictionary<string, long>(_values, StringComparer.Ordinal);
    }

    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meters.ForEach(static meter => meter.Dispose());
    }

    private static string Key(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) => tags.IsEmpty
        ? instrument.Name
        : $"{instrument.Name}{{{string.Join(',', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}"))}}}";
}
