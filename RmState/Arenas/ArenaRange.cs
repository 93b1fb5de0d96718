namespace Rm.Arenas;

/// <summary>A stretch of an arena's memory that one pool has, or that is spare: what a picture of the heap is drawn from.</summary>
/// <param name="Start">Its address.</param>
/// <param name="Bytes">Its length, up to the end of its last granule of 64 KiB.</param>
/// <param name="CommittedBytes">How much of it is committed.</param>
/// <param name="Pool">The pool that has it; null when it is spare.</param>
/// <param name="ElementSize">The size of one block in it, rounded up as the pool does; 0 when it is spare.</param>
/// <param name="Elements">How many blocks it has room for.</param>
/// <param name="LiveElements">How many of them are in use.</param>
public readonly record struct ArenaRange(
    nint Start, nuint Bytes, nuint CommittedBytes, Pool? Pool, nuint ElementSize, int Elements, int LiveElements);
