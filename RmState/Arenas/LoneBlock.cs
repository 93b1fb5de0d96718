namespace Rm.Arenas;

/// <summary>
/// A mapping for one large block. More address space is reserved than asked for, so that the block can grow where it is; the
/// memory committed is always a prefix.
/// </summary>
internal sealed class LoneBlock(int id, nint start, nuint reserved)
{
    internal int Id { get; } = id;

    internal nint Start { get; set; } = start;

    internal nuint Reserved { get; set; } = reserved;

    /// <summary>Accessible from the start on, and counted as committed.</summary>
    internal nuint Committed { get; set; }

    /// <summary>From the C library, where the system refused address space: committed as a whole, and for ever.</summary>
    internal bool IsMalloced { get; set; }

    /// <summary>The alignment it was reserved with.</summary>
    internal nuint Alignment { get; set; }

    /// <summary>How much of its start may hold something else than zeros.</summary>
    internal nuint Dirty { get; set; }

    /// <summary>Whether no pool has it.</summary>
    internal bool IsSpare { get; set; }
}
