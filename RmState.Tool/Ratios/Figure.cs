namespace Rm.Tool.Ratios;

/// <summary>What was measured for a row.</summary>
/// <param name="Ours">Ours, in nanoseconds per operation, or in the units of an absolute row's name.</param>
/// <param name="Peer">The peer's, in the same units; 1 for an absolute row.</param>
/// <param name="Ratio">Ours over the peer's; NaN if the row could not be measured.</param>
/// <param name="Note">What a reader should know about the measurement.</param>
internal sealed record Figure(double Ours, double Peer, double Ratio, string Note = "")
{
    /// <summary>The figure of an absolute row.</summary>
    internal static Figure OfAbsolute(double value, string note = "") => new(value, 1, value, note);

    /// <summary>The figure of a row that could not be measured.</summary>
    internal static Figure OfMissing(string reason) => new(double.NaN, double.NaN, double.NaN, reason);
}
