namespace Rm.Violations;

/// <summary>A bare release would take the last reference of a block away from its holder, or a held block was to be moved.</summary>
/// <remarks>Dispose the holder instead: <see cref="RmHold"/>. The block is unchanged.</remarks>
public sealed class HeldBlockException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public HeldBlockException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public HeldBlockException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public HeldBlockException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public HeldBlockException(string message, nint block)
        : base(message, block)
    {
    }
}
