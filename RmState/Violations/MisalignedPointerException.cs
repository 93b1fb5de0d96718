namespace Rm.Violations;

/// <summary>A pointer was freed that points inside a block of the pool, not at its start.</summary>
/// <remarks>Pass the address that the pool returned. Nothing was changed.</remarks>
public sealed class MisalignedPointerException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public MisalignedPointerException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public MisalignedPointerException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public MisalignedPointerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public MisalignedPointerException(string message, nint block)
        : base(message, block)
    {
    }
}
