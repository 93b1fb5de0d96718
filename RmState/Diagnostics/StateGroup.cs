using Rm.Counting;
using Rm.Violations;

namespace Rm.Diagnostics;

/// <summary>
/// The states of one set of tags: one series of measurements. What ended states did stays in the sums, so that a counter never
/// goes down, whoever comes and goes. Thread rule: its owner's lock.
/// </summary>
internal sealed class StateGroup(MeterTags tags)
{
    private const int FoldFrom = 64;

    private readonly HashSet<LifeCounters> _members = [];
    private readonly long[] _past = new long[LifeCounters.CounterCount];
    private readonly ViolationCounts _pastViolations = new();
    private long _pastPeak;
    private int _foldAt = FoldFrom;

    internal MeterTags Tags { get; } = tags;

    internal bool Contains(LifeCounters state) => _members.Contains(state);

    internal void Add(LifeCounters state)
    {
        _members.Add(state);

        // Where nobody reads the measurements, nobody else clears away what has ended.
        if (_members.Count >= _foldAt)
        {
            Fold();
            _foldAt = Math.Max(FoldFrom, _members.Count * 2);
        }
    }

    /// <summary>Lets go of the states that have ended.</summary>
    internal void Fold() => _members.RemoveWhere(state =>
    {
        if (!state.IsFinal)
        {
            return false;
        }

        for (int i = 0; i < _past.Length; i++)
        {
            _past[i] += state[(StateCounter)i];
        }

        foreach ((string kind, long count) in state.Violations.ToArray())
        {
            _pastViolations.Add(kind, count);
        }

        _pastPeak = Math.Max(_pastPeak, state.PeakBytes);
        return true;
    });

    internal long Total(StateCounter counter) => _past[(int)counter] + _members.Sum(state => state[counter]);

    internal long Sum(Func<LifeCounters, long> value) => _members.Sum(value);

    /// <summary>The most bytes that any one state of the group ever had.</summary>
    internal long PeakBytes() => _members.Aggregate(_pastPeak, static (peak, state) => Math.Max(peak, state.PeakBytes));

    /// <summary>Violations by kind; none of those that never happened.</summary>
    internal Dictionary<string, long> Violations()
    {
        var sums = new Dictionary<string, long>(_pastViolations.ToArray(), StringComparer.Ordinal);
        foreach ((string kind, long count) in _members.SelectMany(static state => state.Violations.ToArray()))
        {
            sums[kind] = sums.GetValueOrDefault(kind) + count;
        }

        return sums;
    }
}
