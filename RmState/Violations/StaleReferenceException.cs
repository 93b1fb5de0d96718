namespace Rm.Violations;

/// <summary>A generation-checked reference was used after its block was gone, whatever lives at the address now.</summary>
/// <remarks>Take a new reference from the state that tracks the block.</remarks>
public sealed class StaleReferenceException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public StaleReferenceException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public StaleReferenceException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public StaleReferenceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public StaleReferenceException(string message, nint block)
        : base(message, block)
    {
    }
}
