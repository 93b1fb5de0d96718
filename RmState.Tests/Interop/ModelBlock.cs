namespace Rm.Tests.Interop;

/// <summary>What a block should be like.</summary>
internal sealed class ModelBlock
{
    public required nint Address { get; init; }

    /// <summary>Whose allocator it goes back to; null for an attached one.</summary>
    public ModelState? Home { get; set; }

    public long Count { get; set; } = 1;

    public bool IsFreed { get; set; }
}
