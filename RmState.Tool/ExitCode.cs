namespace Rm.Tool;

/// <summary>What the command ends with.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>A check failed.</summary>
    public const int Failed = 1;

    /// <summary>Bad usage, or a file that cannot be read.</summary>
    public const int Usage = 2;
}
