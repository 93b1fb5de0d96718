namespace Rm.Violations;

/// <summary>A pointer was passed that the state does not know: never tracked, already released, or tracked by another state.</summary>
/// <remarks>The deliberate question "do you know this pointer?" has Try… forms, which return false instead.</remarks>
public sealed class UntrackedPointerException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public UntrackedPointerException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public UntrackedPointerException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public UntrackedPointerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public UntrackedPointerException(string message, nint block)
        : base(message, block)
    {
    }
}
