namespace Rm.Fuzz.Subjects;

/// <summary>The calls to the system that a program can make fail.</summary>
[Flags]
internal enum MemoryCalls : byte
{
    None = 0,
    Reserve = 1,
    Commit = 2,
    Decommit = 4,
    Release = 8,
    Move = 16,
    Allocate = 32,
    All = 63,
}
