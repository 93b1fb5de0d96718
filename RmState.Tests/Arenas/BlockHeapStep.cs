namespace Rm.Tests.Arenas;

/// <summary>One step of a random program over a block heap.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Number">Which element, counted over those that live, or how many bytes.</param>
internal sealed record BlockHeapStep(BlockHeapStepKind Kind, int Number)
{
    public override string ToString() => Kind is BlockHeapStepKind.Alloc or BlockHeapStepKind.Enumerate ? $"{Kind}" : $"{Kind} {Number}";
}
