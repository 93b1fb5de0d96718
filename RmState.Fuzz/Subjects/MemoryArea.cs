namespace Rm.Fuzz.Subjects;

/// <summary>What a stretch of the simulated memory was taken for.</summary>
internal enum MemoryArea : byte
{
    Reserved,
    Allocated,

    /// <summary>The caller's own, for an arena to use.</summary>
    Lent,
}
