namespace Rm.Violations;

/// <summary>Bytes that belong to no block were written: before or behind a block, or in one that was freed before.</summary>
/// <remarks>The message says where the first of them is and what it holds. The block is as it was; whoever wrote there is the error.</remarks>
public sealed class OverrunException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public OverrunException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public OverrunException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public OverrunException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public OverrunException(string message, nint block)
        : base(message, block)
    {
    }
}
