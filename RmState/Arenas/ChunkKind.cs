namespace Rm.Arenas;

/// <summary>Where a chunk's address space comes from.</summary>
internal enum ChunkKind
{
    /// <summary>Reserved from the system; committed and given back page by page.</summary>
    Reserved,

    /// <summary>The caller's memory; nothing of it can be given back.</summary>
    Region,

    /// <summary>From the C library, where the system refused address space; given back only with the chunk.</summary>
    Malloced,
}
