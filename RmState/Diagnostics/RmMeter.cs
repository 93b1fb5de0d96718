using System.Diagnostics.Metrics;
using Rm.Arenas;

namespace Rm.Diagnostics;

/// <summary>
/// The metrics of any number of states and arenas, under the meter name "RmState", for dotnet-counters, OpenTelemetry and whatever
/// else listens to <see cref="Meter"/>. One is enough for a process; with dependency injection it is a singleton.
/// </summary>
/// <remarks>
/// <para>Every instrument is observable: a state does nothing for it, and nothing happens until a listener asks. The reading thread
/// sees values of slightly different moments; a counter never goes down and is never more than what was done.</para>
/// <para>States with the same name and tags are one series: their values are added up. A state that ended leaves the live values and
/// stays in the counters. Name states for what they do, not one by one, and the number of series stays small.</para>
/// <para>It keeps no state and no arena alive. Thread rule: every member is safe on any thread.</para>
/// </remarks>
public sealed class RmMeter : IDisposable
{
    /// <summary>The meter's name, for listeners to ask for: "RmState".</summary>
    public const string MeterName = "RmState";

    // Null when a factory made the meter: it is the factory's to dispose.
    private readonly Meter? _own;
    private readonly StateInstruments _states;
    private readonly ArenaInstruments _arenas;
    private volatile bool _disposed;

    /// <summary>Makes the meter; it measures nothing yet.</summary>
    /// <param name="meterFactory">
    /// Makes and owns the meter, as dependency injection wants it; null (the default) for a meter of this object's own. Make only
    /// one object for a factory: the factory keeps the instruments.
    /// </param>
    public RmMeter(IMeterFactory? meterFactory = null)
    {
        var options = new MeterOptions(MeterName) { Version = typeof(RmMeter).Assembly.GetName().Version?.ToString(fieldCount: 3) };
        Meter meter;
        if (meterFactory is null)
        {
            meter = _own = new Meter(options);
        }
        else
        {
            meter = meterFactory.Create(options);
        }

        _states = new StateInstruments(meter);
        _arenas = new ArenaInstruments(meter);
    }

    /// <summary>Measures a state: its counters from its beginning, whenever it is added.</summary>
    /// <param name="state">The state; its name becomes the tag <c>rmstate.state.name</c>, if it has one.</param>
    /// <param name="tags">More tags for its measurements.</param>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    /// <exception cref="ArgumentException">The state is measured already, or a tag's key is null or comes twice.</exception>
    /// <exception cref="ObjectDisposedException">The state or the meter was disposed.</exception>
    /// <remarks>O(series).</remarks>
    public void Add(RmState state, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        ArgumentNullException.ThrowIfNull(state);
        ObjectDisposedException.ThrowIf(state.IsDisposed, state);
        ObjectDisposedException.ThrowIf(_disposed, this);
        _states.Add(state, tags);
    }

    /// <summary>Measures an arena until it is disposed.</summary>
    /// <param name="arena">The arena; its name becomes the tag <c>rmstate.arena.name</c>, if it has one.</param>
    /// <param name="tags">More tags for its measurements.</param>
    /// <exception cref="ArgumentNullException"><paramref name="arena"/> is null.</exception>
    /// <exception cref="ArgumentException">The arena is measured already, or a tag's key is null or comes twice.</exception>
    /// <exception cref="ObjectDisposedException">The arena or the meter was disposed.</exception>
    /// <remarks>O(arenas measured). A measurement takes the arena's lock for a moment, O(pools).</remarks>
    public void Add(Arena arena, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        ArgumentNullException.ThrowIfNull(arena);
        ObjectDisposedException.ThrowIf(arena.IsDisposed, arena);
        ObjectDisposedException.ThrowIf(_disposed, this);
        _arenas.Add(arena, tags);
    }

    /// <summary>Measures nothing any more. Does nothing the second time.</summary>
    public void Dispose()
    {
        _disposed = true;
        _own?.Dispose();
        _states.Clear();
        _arenas.Clear();
    }
}
