namespace Rm.Violations;

/// <summary>Two uses of one state overlapped: two threads at once, or a call into the state from its own allocator.</summary>
/// <remarks>A state belongs to one thread at a time; hand it over between uses, or make one state per thread.</remarks>
public sealed class ConcurrentUseException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public ConcurrentUseException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public ConcurrentUseException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public ConcurrentUseException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public ConcurrentUseException(string message, nint block)
        : base(message, block)
    {
    }
}
