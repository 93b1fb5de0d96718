namespace Rm;

/// <summary>How much a state records of each block.</summary>
public enum RmDiagnosticsLevel
{
    /// <summary>Counts only. Holders made by <see cref="RmState.RmRetainAs(nint, string, int)"/> are known at every level.</summary>
    Counters = 0,

    /// <summary>
    /// Also the file and line of every call that allocates, attaches, retains or releases, and the blocks that went last: about
    /// two and a half times the time of a retain and a release, 128 bytes a block.
    /// </summary>
    Sites = 1,

    /// <summary>Also the last operations of each block: 16 bytes more for each one kept, and six times the time.</summary>
    Full = 2,
}
