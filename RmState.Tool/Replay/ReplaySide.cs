using System.Text.Json.Serialization;

namespace Rm.Tool.Replay;

/// <summary>What a child process replays a trace through.</summary>
internal enum ReplaySide
{
    /// <summary>Plain <see cref="System.Runtime.InteropServices.NativeMemory"/>: the yardstick.</summary>
    [JsonStringEnumMemberName("malloc")]
    Malloc,

    /// <summary>A size-class heap, nothing counted.</summary>
    [JsonStringEnumMemberName("arena")]
    Arena,

    /// <summary>The same behind a lock, which any thread may use.</summary>
    [JsonStringEnumMemberName("lockedArena")]
    LockedArena,

    /// <summary>A membuf heap, which any thread may use.</summary>
    [JsonStringEnumMemberName("membufs")]
    Membufs,

    /// <summary>A state with default options.</summary>
    [JsonStringEnumMemberName("stateOverMalloc")]
    StateOverMalloc,

    /// <summary>A state whose allocator is a size-class heap.</summary>
    [JsonStringEnumMemberName("stateOverArena")]
    StateOverArena,

    /// <summary>A state with default options, every block with more holders than the trace gives it.</summary>
    [JsonStringEnumMemberName("holdersOverMalloc")]
    HoldersOverMalloc,

    /// <summary>The same with a size-class heap as allocator.</summary>
    [JsonStringEnumMemberName("holdersOverArena")]
    HoldersOverArena,
}
