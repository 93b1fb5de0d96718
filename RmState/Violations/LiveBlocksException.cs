namespace Rm.Violations;

/// <summary>A state was disposed under the policy that forbids live blocks.</summary>
/// <remarks>The report says which blocks live; the state is disposed all the same only when it is empty.</remarks>
public sealed class LiveBlocksException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public LiveBlocksException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public LiveBlocksException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public LiveBlocksException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public LiveBlocksException(string message, nint block)
        : base(message, block)
    {
    }
}
