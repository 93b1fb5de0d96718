namespace Rm.Tool.Reports.Models;

/// <summary>Live memory over time: the least and the most of each short stretch, so that no spike is lost.</summary>
/// <param name="Bytes">In the order of time.</param>
/// <param name="Blocks">In the order of time, at moments of its own.</param>
internal sealed record LiveSeries(IReadOnlyList<SeriesPoint> Bytes, IReadOnlyList<SeriesPoint> Blocks);
