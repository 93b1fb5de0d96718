namespace Rm.Violations;

/// <summary>A block was freed that is free already.</summary>
/// <remarks>The second owner is the error: find who freed the block first. Nothing was changed by the second call.</remarks>
public sealed class DoubleFreeException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public DoubleFreeException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public DoubleFreeException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public DoubleFreeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public DoubleFreeException(string message, nint block)
        : base(message, block)
    {
    }
}
