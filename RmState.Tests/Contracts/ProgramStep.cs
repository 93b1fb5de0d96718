namespace Rm.Tests.Contracts;

/// <summary>One step of a program over an allocator. Blocks go by number, so that a program means the same wherever it runs.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Block">With which block.</param>
/// <param name="Size">Bytes to allocate, or the budget of a trim.</param>
/// <param name="Alignment">For an aligned allocation.</param>
/// <param name="Told">Whether the allocator is told the size of a block it resizes or frees.</param>
internal sealed record ProgramStep(StepKind Kind, int Block = 0, nuint Size = 0, nuint Alignment = 0, bool Told = false)
{
    public bool Allocates => Kind is StepKind.Allocate or StepKind.AllocateZeroed or StepKind.AllocateAligned;

    public override string ToString() => Kind switch
    {
        StepKind.Allocate => $"#{Block} = allocate {Size}",
        StepKind.AllocateZeroed => $"#{Block} = allocate {Size} zeroed",
        StepKind.AllocateAligned => $"#{Block} = allocate {Size} at a multiple of {Alignment}",
        StepKind.Reallocate => $"#{Block} = reallocate #{Block} to {Size}{(Told ? ", old size told" : "")}",
        StepKind.Free => $"free #{Block}{(Told ? ", size told" : "")}",
        StepKind.FreeAgain => $"free #{Block} once more",
        StepKind.Look => $"look at #{Block}",
        _ => $"trim {Size}",
    };
}
