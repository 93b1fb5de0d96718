using Rm.Arenas;

namespace Rm.Diagnostics;

/// <summary>The arenas of one set of tags, held weakly: one series of measurements. Thread rule: its owner's lock.</summary>
internal sealed class ArenaGroup(MeterTags tags)
{
    private readonly List<WeakReference<Arena>> _members = [];

    internal MeterTags Tags { get; } = tags;

    internal bool Contains(Arena arena) => Present().Contains(arena);

    internal void Add(Arena arena)
    {
        _members.RemoveAll(static member => !member.TryGetTarget(out Arena? arena) || arena.IsDisposed);
        _members.Add(new WeakReference<Arena>(arena));
    }

    /// <summary>Sums a value over the arenas that are in use.</summary>
    internal long Sum(Func<ArenaStatistics, long> value) => Present().Sum(arena => value(arena.Statistics));

    private IEnumerable<Arena> Present()
    {
        foreach (WeakReference<Arena> member in _members)
        {
            if (member.TryGetTarget(out Arena? arena) && !arena.IsDisposed)
            {
                yield return arena;
            }
        }
    }
}
