namespace Rm.Tool.Ratios.Levels;

/// <summary>Nothing but counts: the default.</summary>
internal readonly struct AtCounters : ILevel
{
    public static RmDiagnosticsLevel Level => RmDiagnosticsLevel.Counters;
}
