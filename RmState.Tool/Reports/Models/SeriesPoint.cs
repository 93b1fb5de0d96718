namespace Rm.Tool.Reports.Models;

/// <summary>A value at a moment.</summary>
internal readonly record struct SeriesPoint(double Time, long Value);
