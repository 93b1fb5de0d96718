namespace Rm.Violations;

/// <summary>A block was retained, attached or changed while its own deallocator runs: its count is 0 and it cannot come back to life.</summary>
/// <remarks>Release what the deallocator needs before the last release, or attach the pointer after the deallocator returned.</remarks>
public sealed class FinalizingBlockException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public FinalizingBlockException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public FinalizingBlockException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public FinalizingBlockException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public FinalizingBlockException(string message, nint block)
        : base(message, block)
    {
    }
}
