using System.Diagnostics.Metrics;
using Rm.Arenas;

namespace Rm.Diagnostics;

/// <summary>The instruments that read arenas. Thread rule: any thread.</summary>
internal sealed class ArenaInstruments
{
    private const string NameKey = "rmstate.arena.name";

    private readonly Lock _lock = new();
    private readonly Dictionary<MeterTags, ArenaGroup> _groups = [];

    internal ArenaInstruments(Meter meter)
    {
        const string bytes = "By";
        Observe("rmstate.arena.bytes.reserved", static a => (long)a.ReservedBytes, bytes, "Address space held.");
        Observe("rmstate.arena.bytes.committed", static a => (long)a.CommittedBytes, bytes, "Memory that may be resident.");
        Observe("rmstate.arena.bytes.spare", static a => (long)a.SpareBytes, bytes, "Committed memory that no pool has.");
        Observe("rmstate.arena.bytes.live", static a => (long)a.LiveBytes, bytes, "Bytes of the blocks that live in the pools.");
        Observe("rmstate.arena.bytes.metadata", static a => (long)a.MetadataBytes, bytes, "Bytes of the arenas' own tables.");
        Observe("rmstate.arena.blocks.live", static a => a.LiveBlocks, "{block}", "Blocks that live in the pools.");
        Observe("rmstate.arena.chunks", static a => a.Chunks, "{chunk}", "Chunks of address space.");
        Observe("rmstate.arena.pools", static a => a.Pools, "{pool}", "Pools that were not disposed.");

        void Observe(string name, Func<ArenaStatistics, long> value, string unit, string description) =>
            meter.CreateObservableUpDownCounter(name, () => Measure(value), unit, description);
    }

    /// <summary>Measures an arena.</summary>
    /// <exception cref="ArgumentException">The arena is measured already, or a tag is bad.</exception>
    internal void Add(Arena arena, ReadOnlySpan<KeyValuePair<string, object?>> others)
    {
        var tags = new MeterTags(NameKey, arena.Name, others);
        lock (_lock)
        {
            if (_groups.Values.Any(group => group.Contains(arena)))
            {
                throw new ArgumentException("The meter measures this arena already; adding it again would count it twice.", nameof(arena));
            }

            if (!_groups.TryGetValue(tags, out ArenaGroup? group))
            {
                _groups.Add(tags, group = new ArenaGroup(tags));
            }

            group.Add(arena);
        }
    }

    internal void Clear()
    {
        lock (_lock)
        {
            _groups.Clear();
        }
    }

    private List<Measurement<long>> Measure(Func<ArenaStatistics, long> value)
    {
        lock (_lock)
        {
            return [.. _groups.Values.Select(group => new Measurement<long>(group.Sum(value), group.Tags.ToArray()))];
        }
    }
}
