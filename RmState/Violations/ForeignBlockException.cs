namespace Rm.Violations;

/// <summary>A block was freed or was to be reallocated that is not its allocator's.</summary>
/// <remarks>Only blocks of the state's own allocator can be resized, and only a pool's own blocks freed at it.</remarks>
public sealed class ForeignBlockException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public ForeignBlockException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public ForeignBlockException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public ForeignBlockException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public ForeignBlockException(string message, nint block)
        : base(message, block)
    {
    }
}
