namespace Rm;

/// <summary>What a state does about a misuse it detects. Whatever it is, nothing is lost or half-changed.</summary>
public enum RmViolationPolicy
{
    /// <summary>The call throws.</summary>
    Throw = 0,

    /// <summary>
    /// <see cref="RmStateOptions.OnViolation"/> is called, and the call that retains, releases, attaches, detaches or resizes returns
    /// 0 or <c>default</c> with nothing changed. What cannot go on throws all the same: overlapping use, a corrupt state, a
    /// lookup of an unknown pointer, a state that must not be disposed yet.
    /// </summary>
    Report = 1,

    /// <summary>The debugger breaks where the misuse is, if one is attached; then the call throws.</summary>
    Break = 2,
}
