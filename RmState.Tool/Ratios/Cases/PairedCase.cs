using Rm.Tool.Ratios.Measuring;

namespace Rm.Tool.Ratios.Cases;

/// <summary>A row that is a ratio of paired rounds: the worst of the table seeds.</summary>
/// <param name="row">The row.</param>
/// <param name="prepare">Makes the two sides.</param>
/// <param name="seeds">What the seeds have to do with it.</param>
/// <param name="rounds">How its rounds are.</param>
internal sealed class PairedCase(
    Row row,
    Func<BenchContext, Contest> prepare,
    SeedUse seeds = SeedUse.Table,
    RoundKind rounds = RoundKind.Alone) : BenchCase(row)
{
    internal override IReadOnlyList<Figure> Measure(BenchContext context)
    {
        using Contest contest = prepare(context);
        return [Worst(context.SeedsFor(seeds).Select(seed => (seed, Compare(context, contest, seed))))];
    }

    /// <summary>The figure of the seed with the highest ratio; the note tells how quiet the machine was.</summary>
    internal static Figure Worst(IEnumerable<(ulong Seed, Comparison Comparison)> comparisons)
    {
        List<(ulong Seed, Comparison Comparison)> all = [.. comparisons];
        (ulong seed, Comparison worst) = all.MaxBy(static one => one.Comparison.Ratio);
        Comparison restless = all.MaxBy(static one => one.Comparison.Unrest).Comparison;
        int noisy = all.Count(static one => one.Comparison.IsNoisy);
        string note = $"A/A {restless.AgainstItself:F3}";
        note += all.Count == 1 ? "" : $", seed {seed}, best seed {all.Min(static one => one.Comparison.Ratio):F3}";
        return new Figure(worst.Ours, worst.Peer, worst.Ratio, noisy == 0 ? note : $"NOISY {noisy} of {all.Count}: {note}");
    }

    private Comparison Compare(BenchContext context, Contest contest, ulong seed)
    {
        using IContender ours = contest.Ours(seed);
        context.Tiering.Settle(ours, contest.Peer);
        return context.RoundsOf(rounds).Compare(ours, contest.Peer, context.AttemptsOf(rounds));
    }
}
