namespace Rm.Tool.Traces;

/// <summary>A heap call, by its number in the file.</summary>
internal enum TraceOp : byte
{
    Malloc = 0,
    Calloc = 1,
    Realloc = 2,
    Free = 3,
    Aligned = 4,
}
