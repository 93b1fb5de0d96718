namespace Rm.Violations;

/// <summary>Verify found a broken invariant of an arena or a pool: its metadata was overwritten, or two threads used a pool at once.</summary>
/// <remarks>The arena must not be used any further.</remarks>
public sealed class CorruptArenaException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public CorruptArenaException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public CorruptArenaException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public CorruptArenaException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public CorruptArenaException(string message, nint block)
        : base(message, block)
    {
    }
}
