using Rm.Tool.Reports.Models;
using Rm.Tool.Traces;

namespace Rm.Tool.Reports;

/// <summary>Numbers the sites of a recording together with what was done there.</summary>
internal sealed class RecordedSites
{
    private readonly Dictionary<(RmSite Site, RecordedKind Kind), int> _numbers = [];

    /// <summary>The sites by number, without the folder that all files share; none where the recording knows no file.</summary>
    public IReadOnlyList<ReportSite> Named
    {
        get
        {
            string[] files = [.. _numbers.Keys.Where(static k => k.Site.IsKnown).Select(static k => k.Site.File)];
            int folder = SharedFolder.LengthOf(files);
            return files.Length == 0 ? [] : [.. _numbers.OrderBy(static n => n.Value).Select(n => ReportSite.Of(n.Key.Site, folder, CallOf(n.Key.Kind)))];
        }
    }

    /// <summary>The number of a site, from 0.</summary>
    public int NumberOf(RmSite site, RecordedKind kind)
    {
        if (!_numbers.TryGetValue((site, kind), out int number))
        {
            _numbers.Add((site, kind), number = _numbers.Count);
        }

        return number;
    }

    private static string CallOf(RecordedKind kind) => kind switch
    {
        RecordedKind.Aligned => "RmAlignedAlloc",
        RecordedKind.Live => "lived before",
        _ => $"Rm{kind}",
    };
}
