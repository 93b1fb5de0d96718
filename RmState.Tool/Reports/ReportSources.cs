using Rm.Tool.Traces;

namespace Rm.Tool.Reports;

/// <summary>Finds out by its first bytes what a file is. Every format is listed here, and nowhere else.</summary>
internal static class ReportSources
{
    // Enough for a magic number, and for the first name in a JSON document.
    private const int HeadBytes = 64;

    private static readonly (Func<ReadOnlySpan<byte>, bool> Matches, Func<string, IReportSource> Open)[] Formats =
    [
        (static head => head.StartsWith("RMT1"u8), static path => new TraceReportSource(path)),
        (static head => head.StartsWith("RMT2"u8), static path => new RecordingReportSource(path)),
        (SnapshotReportSource.Matches, static path => new SnapshotReportSource(path)),
    ];

    /// <summary>Opens a file, gzipped or not.</summary>
    /// <exception cref="TraceException">It cannot be read, or is of no known format.</exception>
    public static IReportSource Open(string path)
    {
        ReadOnlySpan<byte> head = HeadOf(path);
        foreach ((Func<ReadOnlySpan<byte>, bool> matches, Func<string, IReportSource> open) in Formats)
        {
            if (matches(head))
            {
                return open(path);
            }
        }

        throw new TraceException(
            $"{path}: neither a recorded heap nor a snapshot; a report is made of .rmt and .rmt.gz files (docs/trace-format.md) and of snapshots as JSON (docs/diagnostics.md)");
    }

    private static byte[] HeadOf(string path)
    {
        using TraceBytes bytes = TraceBytes.Open(path);
        var head = new List<byte>(HeadBytes);
        for (int b = bytes.Take(); b >= 0 && head.Count < HeadBytes; b = bytes.Take())
        {
            head.Add((byte)b);
        }

        return [.. head];
    }
}
