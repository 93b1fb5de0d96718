namespace Rm;

/// <summary>What an observer is told of.</summary>
internal enum StateOperation : byte
{
    Allocate,
    Reallocate,
    Attach,
    Retain,
    Release,
    Detach,
    Free,
}
