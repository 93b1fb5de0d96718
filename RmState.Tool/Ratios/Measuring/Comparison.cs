namespace Rm.Tool.Ratios.Measuring;

/// <summary>What paired rounds gave: medians over the rounds.</summary>
/// <param name="Ours">Nanoseconds per operation, ours.</param>
/// <param name="Peer">Nanoseconds per operation, the peer's.</param>
/// <param name="Ratio">Median of the rounds' ratios, ours over the peer.</param>
/// <param name="AgainstItself">The A/A ratio: ours in one round over ours in the next.</param>
internal sealed record Comparison(double Ours, double Peer, double Ratio, double AgainstItself)
{
    /// <summary>How far the A/A ratio may be from 1.</summary>
    internal const double Tolerance = 0.03;

    /// <summary>How far from 1 the A/A ratio is, in either direction.</summary>
    internal double Unrest => Math.Abs(AgainstItself - 1);

    /// <summary>Whether the machine was too restless for the ratio to be believed.</summary>
    /// <remarks>Written so that a NaN counts as noisy.</remarks>
    internal bool IsNoisy => !(Unrest <= Tolerance);
}
