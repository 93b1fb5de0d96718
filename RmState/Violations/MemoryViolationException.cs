namespace Rm.Violations;

/// <summary>
/// A detected misuse of a state: the base of every violation the library throws or reports. A violation never changes the
/// state: nothing is lost, half-changed or freed by the call that raised it.
/// </summary>
/// <remarks>It is an <see cref="InvalidOperationException"/>, so code that knows only the base library can catch it.</remarks>
public class MemoryViolationException : InvalidOperationException
{
    /// <summary>Makes a violation without an address.</summary>
    public MemoryViolationException()
        : this("A native memory rule was broken.")
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public MemoryViolationException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public MemoryViolationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public MemoryViolationException(string message, nint block)
        : base(message) => Block = block;

    /// <summary>The address in question; 0 when the violation concerns no single block.</summary>
    public nint Block { get; }
}
