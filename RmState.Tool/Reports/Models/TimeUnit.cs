namespace Rm.Tool.Reports.Models;

/// <summary>What time is counted in.</summary>
internal enum TimeUnit
{
    /// <summary>Heap calls, where a recording has no clock.</summary>
    Events,

    Seconds,
}
