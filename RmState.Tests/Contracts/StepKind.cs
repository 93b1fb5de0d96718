namespace Rm.Tests.Contracts;

/// <summary>What a step of a program does.</summary>
internal enum StepKind
{
    Allocate,
    AllocateZeroed,
    AllocateAligned,
    Reallocate,
    Free,
    FreeAgain,
    Look,
    Trim,
}
