namespace Rm;

/// <summary>One tracked block, as enumeration and reports show it: a copy that stays as it was.</summary>
/// <param name="Address">The block's address.</param>
/// <param name="Count">How many references the state knows.</param>
/// <param name="Size">Its size in bytes; null when the block was attached without one.</param>
public readonly record struct RmBlock(nint Address, long Count, nuint? Size);
