namespace Rm;

/// <summary>Which of the allocator's calls makes a block.</summary>
internal enum AllocationKind
{
    Plain,
    Zeroed,
    Aligned,
}
