namespace Rm.Tests.Faults;

/// <summary>What was asked of a <see cref="FaultyVirtualMemory"/>.</summary>
internal enum MemoryCall
{
    Reserve,
    Commit,
    Decommit,
    Close,
    Release,
    Move,
    Measure,
    Allocate,
    Free,
}
