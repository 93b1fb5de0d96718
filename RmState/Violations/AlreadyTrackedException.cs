namespace Rm.Violations;

/// <summary>A pointer was attached that the state already tracks; its count is unchanged.</summary>
/// <remarks>Where a second attach shall mean one more reference, call <c>RmAttachOrRetain</c>.</remarks>
public sealed class AlreadyTrackedException : MemoryViolationException
{
    /// <summary>Makes a violation without an address.</summary>
    public AlreadyTrackedException()
    {
    }

    /// <summary>Makes a violation that names its cause and what to do.</summary>
    /// <param name="message">The cause and the remedy.</param>
    public AlreadyTrackedException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a violation that another exception caused.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="innerException">What caused it.</param>
    public AlreadyTrackedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes a violation about one block.</summary>
    /// <param name="message">The cause and the remedy.</param>
    /// <param name="block">The address in question.</param>
    public AlreadyTrackedException(string message, nint block)
        : base(message, block)
    {
    }
}
