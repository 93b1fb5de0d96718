using Rm.Arenas;

namespace Rm.Tool.Ratios.Blocks;

/// <summary>A source whose memory is an arena's, of which it is the only user.</summary>
internal interface IArenaBlocks
{
    /// <summary>The pool that the blocks are of.</summary>
    Pool Pool { get; }
}
