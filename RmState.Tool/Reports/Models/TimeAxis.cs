namespace Rm.Tool.Reports.Models;

/// <summary>How time is told.</summary>
/// <param name="Unit">In what.</param>
/// <param name="Length">Where it ends; it begins at 0. 0 where only one moment is known.</param>
internal readonly record struct TimeAxis(TimeUnit Unit, double Length);
