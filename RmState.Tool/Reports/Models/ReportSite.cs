namespace Rm.Tool.Reports.Models;

/// <summary>Where in a program blocks were allocated: untrusted text.</summary>
/// <param name="File">The source file.</param>
/// <param name="Line">The line in it.</param>
/// <param name="Kind">What was done there: "RmMalloc", "RmAttach"; null where that is unknown of every site.</param>
internal readonly record struct ReportSite(string File, int Line, string? Kind)
{
    /// <summary>From the top of a tree of holders down: file, line, and the kind if there are any.</summary>
    public string[] Path
    {
        get
        {
            string line = Line > 0 ? $"line {Line}" : "unknown line";
            return Kind is null ? [File, line] : [File, line, Kind];
        }
    }

    /// <summary>Names a site.</summary>
    /// <param name="site">The site, known or not.</param>
    /// <param name="folder">How many characters its path shares with those of all sites: they are left out.</param>
    /// <param name="kind">What was done there.</param>
    public static ReportSite Of(RmSite site, int folder, string? kind) => site.IsKnown
        ? new ReportSite(site.File[folder..], site.Line, kind)
        : new ReportSite("unknown site", 0, kind);

    /// <summary>As messages name a site.</summary>
    public override string ToString() => (Line > 0 ? $"{File}:{Line}" : File) + (Kind is null ? "" : $" {Kind}");
}
