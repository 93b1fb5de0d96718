namespace Rm.Fuzz.Subjects;

/// <summary>A state did not do what its model says.</summary>
internal sealed class MismatchException : Exception
{
    public MismatchException()
    {
    }

    public MismatchException(string message)
        : base(message)
    {
    }

    public MismatchException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
