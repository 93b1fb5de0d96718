using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>
/// A row whose two sides have the same table: no seed is worse for one of them than for the other, so what the seeds differ by is
/// where the tables happened to lie, and the row is their median.
/// </summary>
/// <param name="row">The row.</param>
/// <param name="prepare">Makes what makes the two sides.</param>
internal sealed class TwinCase(Row row, Func<BenchContext, Twins> prepare) : BenchCase(row)
{
    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        using Twins twins = prepare(context);
        return [Median(context.SeedsFor(SeedUse.Twins).Select(seed => Compare(context, twins, seed)))];
    }

    /// <summary>The figure of the seed in the middle, the upper one of two; the note tells how quiet the machine was.</summary>
    internal static Figure Median(IEnumerable<Comparison> comparisons)
    {
        Comparison[] all = [.. comparisons.OrderBy(static one => one.Ratio)];
        Comparison middle = all[all.Length / 2];
        int noisy = all.Count(static one => one.IsNoisy);
        string note = $"A/A {all.MaxBy(static one => one.Unrest)!.AgainstItself:F3}";
        note += all.Length == 1 ? "" : $", seeds {all[0].Ratio:F3} to {all[^1].Ratio:F3}";
        return new Figure(middle.Ours, middle.Peer, middle.Ratio, noisy == 0 ? note : $"NOISY {noisy} of {all.Length}: {note}");
    }

    private static Comparison Compare(BenchContext context, Twins twins, ulong seed)
    {
        using IContender ours = twins.Ours(seed);
        using IContender peer = twins.Peer(seed);
        context.Tiering.Settle(ours, peer);
        return context.Rounds.Compare(ours, peer, context.Settings.Attempts);
    }
}
