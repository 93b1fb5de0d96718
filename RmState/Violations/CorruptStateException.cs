namespace Rm.Violations;

/// <summary>Verify found a broken invariant: native code overwrote the table, or two threads used the state at once.</summary>
/// <remarks>The state must not be used any further; Dispose with the Abandon policy leaves the blocks alone.</remarks>
public sealed class CorruptStateException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public CorruptStateException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public CorruptStateException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public CorruptStateException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public CorruptStateException(string message, nint block)
        : base(message, block)
    {
    }
}
