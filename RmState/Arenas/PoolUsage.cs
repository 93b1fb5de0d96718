namespace Rm.Arenas;

/// <summary>What a pool has and uses. All sizes are in bytes.</summary>
/// <param name="LiveBlocks">Blocks (elements) handed out and not freed.</param>
/// <param name="LiveBytes">Their bytes, rounded up as the pool does.</param>
/// <param name="FreeBytes">Bytes the pool could hand out without asking its arena: room in slabs or blocks it has.</param>
/// <param name="CommittedBytes">Memory the pool has from its arena, whether in use or not.</param>
/// <param name="Slabs">Stretches of memory the pool has: slabs and single large blocks, or balloc's blocks.</param>
public readonly record struct PoolUsage(long LiveBlocks, nuint LiveBytes, nuint FreeBytes, nuint CommittedBytes, long Slabs);
