namespace Rm.Tool.Ratios.Levels;

/// <summary>
/// How much a measured state records. Implemented by structs and used as a type parameter: each level then has a loop of its own, which
/// the runtime compiles for what happens at that level.
/// </summary>
internal interface ILevel
{
    static abstract RmDiagnosticsLevel Level { get; }
}
