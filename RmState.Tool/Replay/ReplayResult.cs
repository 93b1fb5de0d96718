using Rm.Tool.Traces;

namespace Rm.Tool.Replay;

/// <summary>All that was found out about one trace.</summary>
internal sealed record ReplayResult
{
    public required string Path { get; init; }

    public required TraceStatistics Trace { get; init; }

    /// <summary>The measured replays, every block with the one reference its program has.</summary>
    public required ReplayComparison Plain { get; init; }

    /// <summary>The replay with more holders, not measured; null if none was asked for.</summary>
    public ReplayReport? Held { get; init; }

    public string Name => ShortName(Path);

    /// <summary>Comparisons made by all the replays of the trace.</summary>
    public long Checks => Reports.Sum(r => r.Checks);

    public long Violations => Reports.Sum(r => r.Violations);

    /// <summary>What went wrong, one line each.</summary>
    public IReadOnlyList<string> Failures =>
        [.. Plain.Failures(), .. (Held?.Failures() ?? []).Select(f => $"with holders: {f}")];

    private IEnumerable<ReplayReport> Reports => [.. Plain.State, .. Plain.Malloc, .. Held is null ? (ReplayReport[])[] : [Held]];

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
