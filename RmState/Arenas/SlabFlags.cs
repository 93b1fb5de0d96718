namespace Rm.Arenas;

/// <summary>What is special about a slab.</summary>
[Flags]
internal enum SlabFlags : byte
{
    None = 0,

    /// <summary>Its memory is a mapping of its own, not part of a chunk.</summary>
    Lone = 1,

    /// <summary>Some of its pages were given back to the system; elements on them need a commit first.</summary>
    HasHoles = 2,

    /// <summary>It holds one block, and its granules are that block's.</summary>
    Run = 4,
}
