namespace Rm;

/// <summary>One tracked block, as enumeration and reports show it: a copy that stays as it was.</summary>
/// <param name="Address">The block's address.</param>
/// <param name="Count">How many references the state knows.</param>
/// <param name="Size">Its size in bytes; null when the block was attached without one.</param>
public readonly record struct RmBlock(nint Address, long Count, nuint? Size)
{
    /// <summary>Where it was allocated or attached; unknown unless <see cref="RmState.Level"/> says to record sites.</summary>
    public RmSite Site { get; init; }

    /// <summary>The state's operation number when it came; 0 when not recorded. The lower, the older.</summary>
    public long Born { get; init; }

    /// <summary>How long it has lived, exact to 256 operations of the state; null when not recorded.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Address, count, size, and the site if it is known.</summary>
    /// <returns>For example <c>0x7f3c5c0012a0: count 2, 4096 bytes, Decoder.cs:88</c>.</returns>
    public override string ToString()
    {
        string size = Size is { } bytes ? FormattableString.Invariant($"{bytes} bytes") : "size unknown";
        string site = Site.IsKnown ? $", {Site}" : "";
        return FormattableString.Invariant($"0x{Address:x}: count {Count}, {size}{site}");
    }
}
