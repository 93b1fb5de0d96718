namespace Rm.Tool.Ratios;

/// <summary>What became of a row.</summary>
internal enum Verdict
{
    /// <summary>Not over its target.</summary>
    Pass,

    /// <summary>Over its target, and docs/performance.md shows what was tried.</summary>
    Miss,

    /// <summary>Over its target without an excuse, or not measured.</summary>
    Fail,
}
