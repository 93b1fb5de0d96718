namespace Rm.Tool.Shrinking;

/// <summary>What a recording is cut down to.</summary>
internal enum ShrinkGoal
{
    /// <summary>A replay whose state and model differ.</summary>
    Mismatch,

    /// <summary>A call that was refused.</summary>
    Violation,

    /// <summary>A block that nobody releases.</summary>
    Leak,
}
