namespace Rm.Violations;

/// <summary>A block was freed, or its pool disposed, behind the back of a state that counts references to it.</summary>
/// <remarks>Release the block through its state, or detach it first. Nothing was changed.</remarks>
public sealed class CountedBlockException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public CountedBlockException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public CountedBlockException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public CountedBlockException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public CountedBlockException(string message, nint block)
        : base(message, block)
    {
    }
}
