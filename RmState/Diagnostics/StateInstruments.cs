using System.Diagnostics.Metrics;
using Rm.Counting;

namespace Rm.Diagnostics;

/// <summary>The instruments that read states. Thread rule: any thread.</summary>
internal sealed class StateInstruments
{
    private const string NameKey = "rmstate.state.name";
    private const string KindKey = "kind";

    private readonly Lock _lock = new();
    private readonly Dictionary<MeterTags, StateGroup> _groups = [];

    internal StateInstruments(Meter meter)
    {
        const string blocks = "{block}";
        const string bytes = "By";
        meter.CreateObservableUpDownCounter(
            "rmstate.blocks.live", () => Measure(static g => g.Sum(static s => s.LiveBlocks)), blocks, "Blocks that live now.");
        meter.CreateObservableUpDownCounter(
            "rmstate.bytes.live", () => Measure(static g => g.Sum(static s => s.LiveBytes)), bytes, "Their bytes, as asked for, where known.");
        meter.CreateObservableGauge(
            "rmstate.bytes.peak", () => Measure(static g => g.PeakBytes()), bytes, "The most bytes that one state ever had alive.");
        meter.CreateObservableUpDownCounter(
            "rmstate.table.bytes", () => Measure(static g => g.Sum(static s => s.TableBytes)), bytes, "Native bytes of the tables of counts.");
        Count("rmstate.allocations", StateCounter.Allocations, blocks, "Blocks allocated.");
        Count("rmstate.reallocations", StateCounter.Reallocations, blocks, "Blocks resized.");
        Count("rmstate.attaches", StateCounter.Attaches, blocks, "Blocks of others that were attached.");
        Count("rmstate.retains", StateCounter.Retains, "{reference}", "References added.");
        Count("rmstate.releases", StateCounter.Releases, "{reference}", "References given back.");
        Count("rmstate.detaches", StateCounter.Detaches, blocks, "Blocks detached.");
        Count("rmstate.frees", StateCounter.Frees, blocks, "Blocks deallocated.");
        meter.CreateObservableCounter("rmstate.violations", MeasureViolations, "{violation}", "Detected misuse.");

        void Count(string name, StateCounter counter, string unit, string description) =>
            meter.CreateObservableCounter(name, () => Measure(g => g.Total(counter)), unit, description);
    }

    /// <summary>Measures a state.</summary>
    /// <exception cref="ArgumentException">The state is measured already, or a tag is bad.</exception>
    internal void Add(RmState state, ReadOnlySpan<KeyValuePair<string, object?>> others)
    {
        var tags = new MeterTags(NameKey, state.Name, others);
        LifeCounters life = state.Life;
        lock (_lock)
        {
            if (_groups.Values.Any(group => group.Contains(life)))
            {
                throw new ArgumentException("The meter measures this state already; adding it again would count it twice.", nameof(state));
            }

            if (!_groups.TryGetValue(tags, out StateGroup? group))
            {
                _groups.Add(tags, group = new StateGroup(tags));
            }

            group.Add(life);
        }
    }

    internal void Clear()
    {
        lock (_lock)
        {
            _groups.Clear();
        }
    }

    private List<Measurement<long>> Measure(Func<StateGroup, long> value)
    {
        lock (_lock)
        {
            var measurements = new List<Measurement<long>>(_groups.Count);
            foreach (StateGroup group in _groups.Values)
            {
                group.Fold();
                measurements.Add(new(value(group), group.Tags.ToArray()));
            }

            return measurements;
        }
    }

    private List<Measurement<long>> MeasureViolations()
    {
        lock (_lock)
        {
            var measurements = new List<Measurement<long>>();
            foreach (StateGroup group in _groups.Values)
            {
                foreach ((string kind, long count) in group.Violations())
                {
                    measurements.Add(new(count, group.Tags.With(KindKey, kind)));
                }
            }

            return measurements;
        }
    }
}
