namespace Rm.Fuzz.Subjects;

/// <summary>What a deallocator throws on purpose.</summary>
internal sealed class DeliberateException : Exception
{
    public DeliberateException()
    {
    }

    public DeliberateException(string message)
        : base(message)
    {
    }

    public DeliberateException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
