namespace Rm.Tool.Ratios.Levels;

/// <summary>The places of every operation.</summary>
internal readonly struct AtSites : ILevel
{
    public static RmDiagnosticsLevel Level => RmDiagnosticsLevel.Sites;
}
