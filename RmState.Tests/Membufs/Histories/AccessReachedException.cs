namespace Rm.Tests.Membufs.Histories;

/// <summary>Takes an operation that runs again out of its body once it asks for an access whose outcome is not known yet.</summary>
public sealed class AccessReachedException : Exception
{
    public AccessReachedException()
        : base("The operation waits for the outcome of its next access.")
    {
    }

    public AccessReachedException(string message)
        : base(message)
    {
    }

    public AccessReachedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
