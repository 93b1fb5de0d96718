namespace Rm;

/// <summary>One of the last operations of a block, recorded at <see cref="RmDiagnosticsLevel.Full"/>.</summary>
/// <param name="Operation">What was done.</param>
/// <param name="Site">Where.</param>
/// <param name="Count">The block's count afterwards, up to 16,777,215.</param>
/// <param name="Number">The state's operation number; the difference of two tells what lies between.</param>
public readonly record struct RmHistoryEntry(RmOperation Operation, RmSite Site, long Count, long Number)
{
    /// <summary>The operation, the place and the count.</summary>
    /// <returns>For example <c>#1041 retain at Net.cs:12, count 3</c>.</returns>
    public override string ToString() =>
        $"#{Number} {Operation.ToString().ToLowerInvariant()} at {Site}, count {Count}";
}
