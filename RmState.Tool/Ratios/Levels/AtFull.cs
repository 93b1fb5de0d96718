namespace Rm.Tool.Ratios.Levels;

/// <summary>The places, and the last operations of each block.</summary>
internal readonly struct AtFull : ILevel
{
    public static RmDiagnosticsLevel Level => RmDiagnosticsLevel.Full;
}
