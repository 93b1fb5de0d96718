namespace Rm.Tool.Reports.Models;

/// <summary>Where in a program blocks were allocated: untrusted text.</summary>
/// <param name="File">The source file.</param>
/// <param name="Line">The line in it.</param>
/// <param name="Kind">What was done there: "RmMalloc", "RmAttach".</param>
internal readonly record struct ReportSite(string File, int Line, string Kind)
{
    /// <summary>As messages name a site.</summary>
    public override string ToString() => Line > 0 ? $"{File}:{Line} {Kind}" : $"{File} {Kind}";
}
