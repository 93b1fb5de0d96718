using Rm.Tool.Reports.Models;
using Rm.Tool.Traces;

namespace Rm.Tool.Reports;

/// <summary>A file that a report can be made of.</summary>
internal interface IReportSource
{
    /// <summary>Reads the whole file.</summary>
    /// <exception cref="TraceException">It cannot be read, or breaks a rule of its format.</exception>
    ReportModel Read();
}
