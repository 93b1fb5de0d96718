using Rm.Tool.Reports.Models;

namespace Rm.Tool.Reports.Histories;

/// <summary>Counts what a thread does.</summary>
internal sealed class ThreadWork(string name)
{
    // More rows would be no figure any more.
    private const int MostRows = 32;

    public string Name { get; } = name;

    public long Events { get; set; }

    public long Allocations { get; set; }

    public UInt128 AllocatedBytes { get; set; }

    public long Releases { get; set; }

    public long ForeignReleases { get; set; }

    private ThreadRow Row => new()
    {
        Name = Name,
        Events = Events,
        Allocations = Allocations,
        AllocatedBytes = AllocatedBytes,
        Releases = Releases,
        ForeignReleases = ForeignReleases,
    };

    /// <summary>The threads as rows, the last one for all that there is no room for.</summary>
    public static IReadOnlyList<ThreadRow> RowsOf(IReadOnlyList<ThreadWork> threads)
    {
        if (threads.Count <= MostRows)
        {
            return [.. threads.Select(static t => t.Row)];
        }

        var rest = new ThreadWork($"{threads.Count - MostRows + 1} more");
        foreach (ThreadWork thread in threads.Skip(MostRows - 1))
        {
            rest.Events += thread.Events;
            rest.Allocations += thread.Allocations;
            rest.AllocatedBytes += thread.AllocatedBytes;
            rest.Releases += thread.Releases;
            rest.ForeignReleases += thread.ForeignReleases;
        }

        return [.. threads.Take(MostRows - 1).Append(rest).Select(static t => t.Row)];
    }
}
