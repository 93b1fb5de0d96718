using Rm.Tool.Traces;

namespace Rm.Tests.Tool.Traces;

/// <summary>Reads traces from bytes, and finds those of the repository.</summary>
internal static class TraceFiles
{
    public static string ShippedFolder
    {
        get
        {
            for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
            {
                if (File.Exists(Path.Combine(at.FullName, "RmState.sln")))
                {
                    return Path.Combine(at.FullName, "traces");
                }
            }

            throw new InvalidOperationException("the tests run outside the repository");
        }
    }

    public static List<TraceEvent> Read(byte[] file)
    {
        using TraceBytes bytes = Bytes(file);
        var reader = new TraceReader(bytes);
        var events = new List<TraceEvent>();
        while (reader.Read(out TraceEvent read))
        {
            events.Add(read);
        }

        return events;
    }

    public static string Failure(byte[] file) => Assert.Throws<TraceException>(() => Read(file)).Message;

    public static TraceBytes Bytes(byte[] file) => new("t.rmt", new MemoryStream(file));
}
