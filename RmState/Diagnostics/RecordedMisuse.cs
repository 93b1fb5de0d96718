namespace Rm.Diagnostics;

/// <summary>The violations that recordings tell apart, by their number in the file.</summary>
internal enum RecordedMisuse : byte
{
    Other = 0,
    Untracked = 1,
    AlreadyTracked = 2,
    Finalizing = 3,
    Shared = 4,
    Foreign = 5,
    AddressReused = 6,
    LiveBlocks = 7,
    ConcurrentUse = 8,
    DoubleFree = 9,
    Misaligned = 10,
    Counted = 11,
    Stale = 12,
    Corrupt = 13,
    Held = 14,
    Overrun = 15,
}
