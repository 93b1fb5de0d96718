namespace Rm.Arenas;

// In a pass-through arena every block is malloc's.
public sealed unsafe partial class SizeClassHeap
{
    private readonly PassedBlocks? _passed;

    internal override bool HoldsPassedThrough(nint address) => _passed is not null && _passed.Holds(address);
}
