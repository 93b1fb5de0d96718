namespace Rm.Memory;

/// <summary>An allocator's answer to "is this address inside one of your blocks?".</summary>
public enum AddressOwner
{
    /// <summary>The allocator cannot tell; libc's malloc never can.</summary>
    Unknown,

    /// <summary>The address lies in memory of this allocator.</summary>
    Mine,

    /// <summary>The address does not lie in memory of this allocator.</summary>
    Foreign,
}
