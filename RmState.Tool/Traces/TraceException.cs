namespace Rm.Tool.Traces;

/// <summary>A trace file that cannot be read or breaks a rule of the format. The message is one line: file, place and cause.</summary>
internal sealed class TraceException : Exception
{
    public TraceException()
    {
    }

    public TraceException(string message)
        : base(message)
    {
    }

    public TraceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
