using Rm.Tool.Traces;

namespace Rm.Tool.Replay;

/// <summary>All that was found out about one trace.</summary>
internal sealed record ReplayResult
{
    public required string Path { get; init; }

    public required TraceStatistics Trace { get; init; }

    /// <summary>What it was replayed through: plain malloc first, then what is compared with it.</summary>
    public required IReadOnlyList<SideResult> Sides { get; init; }

    public string Name => ShortName(Path);

    /// <summary>Comparisons made by all the replays of the trace.</summary>
    public long Checks => Reports.Sum(r => r.Checks);

    public long Violations => Reports.Sum(r => r.Violations);

    /// <summary>What went wrong, one line each.</summary>
    public IReadOnlyList<string> Failures => [.. Sides.SelectMany(s => s.Failures())];

    private IEnumerable<ReplayReport> Reports => Sides.SelectMany(s => s.All);

    /// <summary>A trace's name in tables: its file without folder and endings.</summary>
    public static string ShortName(string path)
    {
        string file = System.IO.Path.GetFileName(path);
        foreach (string ending in (string[])[".rmt.gz", ".rmt"])
        {
            if (file.Length > ending.Length && file.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            {
                return file[..^ending.Length];
            }
        }

        return file;
    }
}
