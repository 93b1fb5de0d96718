namespace Rm.Tests.Contracts;

/// <summary>Faults that allocators have had; the contract must notice each.</summary>
public enum PlantedFault
{
    DirtyZeroed,
    LostOnResize,
    HandedOutTwice,
    Misaligned,
    TooSmall,
    ForgottenFree,
    SilentDoubleFree,
    RefusesForNothing,
    WritesBehindBlocks,
}
