namespace Rm.Violations;

/// <summary>The allocator returned an address that the state still tracks: somebody freed the block behind the state's back.</summary>
/// <remarks>It is reported, not thrown: the new block wins and the old entry is dropped.</remarks>
public sealed class AddressReusedException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public AddressReusedException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public AddressReusedException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public AddressReusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public AddressReusedException(string message, nint block)
        : base(message, block)
    {
    }
}
