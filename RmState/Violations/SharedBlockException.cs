namespace Rm.Violations;

/// <summary>A block with more than one reference was to be reallocated: the other holders would keep a stale address.</summary>
/// <remarks>Release or detach the other references first.</remarks>
public sealed class SharedBlockException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public SharedBlockException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public SharedBlockException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public SharedBlockException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public SharedBlockException(string message, nint block)
        : base(message, block)
    {
    }
}
