namespace Rm.Fuzz.Models;

/// <summary>What the model knows of a block of a pool.</summary>
internal sealed class HeapBlock
{
    public nint Address { get; set; }

    /// <summary>What was asked for.</summary>
    public nuint Size { get; set; }

    /// <summary>What may be used.</summary>
    public nuint Usable { get; set; }

    public nuint Alignment { get; init; }

    /// <summary>Whether it has a mapping of its own.</summary>
    public bool IsLone { get; set; }

    public required int Pool { get; init; }

    /// <summary>What its bytes were filled from.</summary>
    public ulong Pattern { get; set; }

    public int Register { get; set; }

    /// <summary>Its place in the model's list of live blocks.</summary>
    public int Index { get; set; }

    public override string ToString() => $"block 0x{Address:x} of {Size} bytes ({Usable} usable) in pool {Pool}";
}
