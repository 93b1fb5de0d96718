namespace Rm.Tool.Replay;

/// <summary>What a child process replays a trace through.</summary>
internal enum ReplaySide
{
    /// <summary>A state with default options.</summary>
    State,

    /// <summary>Plain <see cref="System.Runtime.InteropServices.NativeMemory"/>.</summary>
    Malloc,

    /// <summary>A state, every block with more holders than the trace gives it.</summary>
    Holders,
}
