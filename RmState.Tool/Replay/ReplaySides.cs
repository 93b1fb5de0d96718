namespace Rm.Tool.Replay;

/// <summary>What is known of each side.</summary>
internal static class ReplaySides
{
    /// <summary>The side that replays through an allocator, counted by a state or bare.</summary>
    public static ReplaySide Over(ReplayAllocator allocator, bool counted) => allocator switch
    {
        ReplayAllocator.Arena => counted ? ReplaySide.StateOverArena : ReplaySide.Arena,
        _ => counted ? ReplaySide.StateOverMalloc : ReplaySide.Malloc,
    };

    /// <summary>The sides that any thread may use, malloc left out.</summary>
    public static IReadOnlyList<ReplaySide> Shared { get; } = [ReplaySide.Membufs, ReplaySide.LockedArena];

    /// <summary>The same with more holders a block; null where nothing is counted.</summary>
    public static ReplaySide? WithHolders(this ReplaySide side) => side switch
    {
        ReplaySide.StateOverMalloc => ReplaySide.HoldersOverMalloc,
        ReplaySide.StateOverArena => ReplaySide.HoldersOverArena,
        _ => null,
    };

    public static bool IsOverArena(this ReplaySide side) =>
        side is ReplaySide.Arena or ReplaySide.LockedArena or ReplaySide.Membufs or ReplaySide.StateOverArena or ReplaySide.HoldersOverArena;

    /// <summary>The side's name in tables and messages.</summary>
    public static string Name(this ReplaySide side) => side switch
    {
        ReplaySide.Malloc => "malloc",
        ReplaySide.Arena => "arena",
        ReplaySide.LockedArena => "locked arena",
        ReplaySide.Membufs => "membufs",
        ReplaySide.StateOverMalloc => "state over malloc",
        ReplaySide.StateOverArena => "state over arena",
        ReplaySide.HoldersOverMalloc => "holders over malloc",
        _ => "holders over arena",
    };
}
