namespace Rm.Tests.Arenas;

/// <summary>What a step does.</summary>
internal enum BlockHeapStepKind
{
    Alloc,
    Free,
    FreeAgain,
    FreeInside,
    Trim,
    Enumerate,
}
