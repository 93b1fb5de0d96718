namespace Rm.Tool.Reports.Models;

/// <summary>Blocks of about one lifetime.</summary>
/// <param name="Below">They lived less than this.</param>
/// <param name="Count">How many there were.</param>
internal readonly record struct LifetimeRow(double Below, long Count);
