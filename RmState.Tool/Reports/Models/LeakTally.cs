namespace Rm.Tool.Reports.Models;

/// <summary>Gathers live blocks in groups.</summary>
/// <typeparam name="TKey">What the blocks of a group have in common.</typeparam>
/// <param name="nameOf">The name of a group.</param>
internal sealed class LeakTally<TKey>(Func<TKey, string> nameOf)
    where TKey : notnull
{
    private readonly Dictionary<TKey, LeakGroup> _groups = [];

    /// <summary>The groups so far, in no order.</summary>
    public IReadOnlyDictionary<TKey, LeakGroup> Groups => _groups;

    /// <summary>Adds a block.</summary>
    /// <param name="key">Its group.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="age">In the report's time; null for unknown.</param>
    public void Add(TKey key, long bytes, double? age)
    {
        if (!_groups.TryGetValue(key, out LeakGroup? group))
        {
            group = new LeakGroup { Name = nameOf(key), Blocks = 0, Bytes = 0, LargestBytes = 0 };
        }

        _groups[key] = group with
        {
            Blocks = group.Blocks + 1,
            Bytes = group.Bytes + bytes,
            LargestBytes = Math.Max(group.LargestBytes, bytes),
            NewestAge = age is { } young ? Math.Min(group.NewestAge ?? young, young) : group.NewestAge,
            OldestAge = age is { } old ? Math.Max(group.OldestAge ?? old, old) : group.OldestAge,
        };
    }

    /// <summary>The groups as a table.</summary>
    /// <param name="groupedBy">What a group is.</param>
    public LeakTable ToTable(string groupedBy) => new()
    {
        GroupedBy = groupedBy,
        HasAges = _groups.Values.Any(static g => g.OldestAge is not null),
        Groups =
        [
            .. _groups.Values.OrderByDescending(static g => g.Bytes).ThenByDescending(static g => g.Blocks).ThenBy(static g => g.Name, StringComparer.Ordinal),
        ],
    };
}
