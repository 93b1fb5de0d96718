namespace Rm.Arenas;

/// <summary>Chunks that came or went during an operation, to be announced when the arena's lock is free again.</summary>
internal struct ArenaChanges
{
    private List<(bool Grown, ArenaChangedEventArgs Change)>? _changes;

    internal void Grew(nint start, nuint bytes) => (_changes ??= []).Add((true, new ArenaChangedEventArgs(start, bytes)));

    internal void Shrank(nint start, nuint bytes) => (_changes ??= []).Add((false, new ArenaChangedEventArgs(start, bytes)));

    internal readonly void Announce(Arena arena)
    {
        if (_changes is null)
        {
            return;
        }

        foreach ((bool grown, ArenaChangedEventArgs change) in _changes)
        {
            arena.Announce(grown, change);
        }
    }
}
